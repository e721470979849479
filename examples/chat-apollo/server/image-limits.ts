/** What this chat takes as an image. */
export const imageTypes = ['image/*'];
export const mostImageBytes = 10_000_000;
