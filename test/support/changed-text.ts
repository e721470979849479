/** Texts that differ by little: what a name, a token or a signature must tell apart. */
import fc from 'fast-check';

export type Change = (text: string) => string;

/** One character is another, is gone, comes twice or in the other case; or something stands before or behind. */
export const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(fc.nat(), fc.string({ unit: 'binary-ascii', maxLength: 1 })).map(
    ([at, other]): Change =>
      (whole) => {
        const place = at % whole.length;
        return `${whole.slice(0, place)}${other}${whole.slice(place + 1)}`;
      },
  ),
  fc.nat().map(
    (at): Change =>
      (whole) => {
        const place = at % whole.length;
        const letter = whole.charAt(place);
        const swapped = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
        return `${whole.slice(0, place)}${swapped}${whole.slice(place + 1)}`;
      },
  ),
  fc.nat().map(
    (at): Change =>
      (whole) =>
        whole.slice(0, at % whole.length),
  ),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }).map(
    (more): Change =>
      (whole) =>
        whole + more,
  ),
  fc.constantFrom('=', '==', ' ', '\n', '.', '\0').map(
    (more): Change =>
      (whole) =>
        whole + more,
  ),
  fc.string({ minLength: 1, maxLength: 3 }).map(
    (more): Change =>
      (whole) =>
        more + whole,
  ),
  fc.constant<Change>((whole) => `${whole.slice(0, -1)}${whole.slice(-1)}${whole.slice(-1)}`),
);
