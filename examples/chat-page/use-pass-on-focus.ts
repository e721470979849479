/** The focus of what goes away goes to its heir: else it falls to the page, and who uses the keyboard begins anew. */
import { type RefObject, useLayoutEffect } from 'react';

/**
 * @param item what may go away
 * @param heirOf the same function at each render. Asked while the item is still there
 */
export function usePassOnFocus<Item extends HTMLElement>(
  item: RefObject<Item | null>,
  heirOf: (item: Item) => HTMLElement | null | undefined,
): void {
  useLayoutEffect(() => {
    const { current } = item;
    return () => {
      if (!current?.contains(document.activeElement)) return;
      const heir = heirOf(current);
      // Once the page is as it will be: until then it may be disabled.
      queueMicrotask(() => heir?.focus());
    };
  }, [item, heirOf]);
}
