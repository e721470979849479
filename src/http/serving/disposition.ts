/** `Content-Disposition` of a file (RFC 6266): its name as the record has it, in a header that no name can break. */
import { create } from 'content-disposition';

/** Characters. Longer names are cut, or the header alone would be more than proxies let pass. */
const maxNameLength = 1_000;

export function contentDisposition(type: 'inline' | 'attachment', filename: string | null): string {
  if (filename === null) return type;
  // Half a surrogate pair has no UTF-8, and so no percent-encoding.
  const wellFormed = filename.replace(/\p{Surrogate}/gu, '\u{fffd}');
  const characters = Array.from(wellFormed);
  const name = characters.length > maxNameLength ? characters.slice(0, maxNameLength).join('') : wellFormed;
  return create(name, { type });
}
