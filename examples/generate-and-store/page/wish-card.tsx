/** A picture that is being made, or could not be. */
import { type ReactElement, useRef } from 'react';
import { BrokenPictureIcon } from '../../chat-page/icons.tsx';
import { usePassOnFocus } from '../../chat-page/use-pass-on-focus.ts';
import { nextInGallery } from './next-in-gallery.ts';
import type { Wish } from './use-pictures.ts';

export function WishCard(props: { readonly wish: Wish; onRetry(): void; onDiscard(): void }): ReactElement {
  const { prompt, problem } = props.wish;
  const card = useRef<HTMLLIElement>(null);
  usePassOnFocus(card, nextInGallery);
  if (problem === null) {
    return (
      <li className="card" ref={card} aria-busy="true">
        <div className="picture drawing" role="status">
          <span>Being drawn…</span>
        </div>
        <p className="caption">{prompt}</p>
      </li>
    );
  }
  return (
    <li className="card failed" ref={card}>
      <div className="picture missing" role="alert">
        <BrokenPictureIcon />
        <p>{problem}</p>
      </div>
      <p className="caption">{prompt}</p>
      <div className="actions">
        <button type="button" className="plain" aria-label={`Try again: ${prompt}`} onClick={props.onRetry}>
          Try again
        </button>
        <button type="button" className="plain" aria-label={`Discard ${prompt}`} onClick={props.onDiscard}>
          Discard
        </button>
      </div>
    </li>
  );
}
