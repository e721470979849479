/** Where the focus goes once a card is gone. */

export function nextInGallery(card: HTMLElement): HTMLElement | null | undefined {
  return (
    card.nextElementSibling?.querySelector<HTMLElement>('button:enabled') ??
    card.closest('.gallery')?.querySelector('input')
  );
}
