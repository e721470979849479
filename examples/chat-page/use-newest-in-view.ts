/** Keeps the newest message in view, unless the reader has scrolled up to read. */
import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';

/** This near to its end a list counts as read to the end. */
const nearPixels = 48;

export interface NewestInView {
  /** For the element that scrolls, and for what it holds. */
  readonly viewport: RefObject<HTMLDivElement | null>;
  readonly content: RefObject<HTMLOListElement | null>;
  readonly isAtEnd: boolean;
  scrollToEnd(): void;
}

export function useNewestInView(): NewestInView {
  const viewport = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLOListElement>(null);
  const follows = useRef(true);
  const [isAtEnd, setAtEnd] = useState(true);

  const scrollToEnd = useCallback(() => {
    follows.current = true;
    viewport.current?.scrollTo({ top: viewport.current.scrollHeight });
  }, []);

  useEffect(() => {
    const { current: outer } = viewport;
    const { current: inner } = content;
    if (!outer || !inner) return;
    // A message that came, an image that loaded, a keyboard that opened: each changes one of the two.
    const observer = new ResizeObserver(() => {
      if (follows.current) outer.scrollTo({ top: outer.scrollHeight });
    });
    observer.observe(outer);
    observer.observe(inner);
    const onScroll = (): void => {
      follows.current = outer.scrollHeight - outer.scrollTop - outer.clientHeight < nearPixels;
      setAtEnd(follows.current);
    };
    outer.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      observer.disconnect();
      outer.removeEventListener('scroll', onScroll);
    };
  }, []);

  return { viewport, content, isAtEnd, scrollToEnd };
}
