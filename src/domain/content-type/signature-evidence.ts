/**
 * Whether what file-type found is evidence. Some formats are known to it by two or three bytes: of random bytes one
 * file in a thousand would change its type, and a note that begins with `BMW` would be a bitmap. Such a finding counts
 * only where more of its header is there; and bytes that are text are taken only for formats that are text.
 */
import { isAdts, isMp3 } from './audio-frames.ts';

/** Formats that can be without a single byte that text doesn't have. */
const textualFormats: ReadonlySet<string> = new Set([
  'application/pdf',
  'application/postscript',
  'application/eps',
  'application/rtf',
  'application/xml',
  'application/pgp-encrypted',
  'application/x-ms-regedit',
  'application/x-unix-archive',
  'application/x-deb',
  'image/gif',
  'model/stl',
  'text/calendar',
  'text/vcard',
  'text/vtt',
]);

/** What more must be seen of a short signature. `never`: two bytes are all that the format has. */
const requirements: ReadonlyMap<string, (head: Uint8Array) => boolean> = new Map([
  ['application/postscript', (head) => startsWith(head, ascii('%!PS'))],
  ['application/x-apple-diskimage', never],
  ['application/x-arj', never],
  ['application/x-compress', never],
  ['application/x-cpio', (head) => startsWith(head, ascii('070707'))],
  // The bytes on the last page of 512 (PE format, MS-DOS header, e_cblp).
  ['application/x-msdownload', (head) => head.length >= 4 && unsigned(head, 2, 2) < 512],
  ['audio/aac', isAdts],
  ['audio/aiff', (head) => startsWith(head.subarray(8), ascii('AIF'))],
  ['audio/mpeg', isMp3],
  ['audio/vnd.dolby.dd-raw', never],
  ['image/bmp', (head) => bitmapHeaderBytes.has(unsigned(head, 14, 4))],
  ['image/gif', (head) => startsWith(head, ascii('GIF87a')) || startsWith(head, ascii('GIF89a'))],
  ['image/jxl', (head) => head[0] === 0],
  ['image/x-icon', isIcon],
  ['model/stl', (head) => new TextDecoder('latin1').decode(head.subarray(0, 1_024)).includes('facet')],
  ['video/mp2t', isTransportStream],
]);

/** The versions of the header that follows a BMP's file header, by their lengths. */
const bitmapHeaderBytes: ReadonlySet<number> = new Set([12, 16, 40, 52, 56, 64, 108, 124]);

/** @param essence what file-type made of the head */
export function isEvidence(essence: string, head: Uint8Array): boolean {
  if (isText(head) && !textualFormats.has(essence)) return false;
  return requirements.get(essence)?.(head) ?? true;
}

export function startsWith(bytes: Uint8Array, signature: readonly number[]): boolean {
  return bytes.length >= signature.length && signature.every((byte, index) => bytes[index] === byte);
}

/** By a byte-order mark, or by an ASCII beginning and no binary data byte (WHATWG MIME Sniffing, section 7.2). */
function isText(head: Uint8Array): boolean {
  if (
    startsWith(head, [0xef, 0xbb, 0xbf]) ||
    startsWith(head, [0xfe, 0xff]) ||
    startsWith(head, [0xff, 0xfe])
  )
    return true;
  return (head[0] ?? 0) < 0x80 && !head.some(isBinaryDataByte);
}

function isBinaryDataByte(byte: number): boolean {
  return byte <= 0x08 || byte === 0x0b || (byte >= 0x0e && byte <= 0x1a) || (byte >= 0x1c && byte <= 0x1f);
}

/** At least one image, and the first one's entry points behind the directory. */
function isIcon(head: Uint8Array): boolean {
  const images = unsigned(head, 4, 2);
  return head.length >= 22 && images > 0 && head[9] === 0 && unsigned(head, 18, 4) >= 6 + images * 16;
}

/** Four sync bytes in a row, in packets of 188 bytes or of 192 with a time before each. */
function isTransportStream(head: Uint8Array): boolean {
  return (
    [0, 1, 2, 3].every((packet) => head[packet * 188] === 0x47) ||
    [0, 1, 2, 3].every((packet) => head[packet * 192 + 4] === 0x47)
  );
}

function never(): boolean {
  return false;
}

function ascii(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0));
}

/** Little-endian; missing bytes are zeros. */
function unsigned(bytes: Uint8Array, offset: number, length: number): number {
  return bytes.subarray(offset, offset + length).reduceRight((value, byte) => value * 256 + byte, 0);
}
