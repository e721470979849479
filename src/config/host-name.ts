/** Host names as RFC 1123, section 2.1, writes them. */

const longestName = 253;
/** Each label is matched once: a name that does not fit is refused in time that grows with its length only. */
const labels = /^[a-z\d][a-z\d-]{0,62}(?:\.[a-z\d-]{1,63})*\.?$/i;

/** A name of digits alone would be an address in another notation, and so is none. */
export function isHostName(text: string): boolean {
  return text.length <= longestName && labels.test(text) && !/^[\d.]+$/.test(text);
}
