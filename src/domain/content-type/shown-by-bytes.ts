/**
 * What an allow-list asks of the bytes beyond their type: a format that always has a signature must show it, and no
 * page of HTML passes as an image, a sound, a film or a font. Without an allow-list a declared type stands as it is.
 */
import { contentTypeEssence } from './media-type.ts';
import { officeTypes } from './office-types.ts';

/**
 * Types whose every file begins with a signature that detection knows. Left out are those that are text, and those that
 * may begin with anything: MP3 and AAC streams, QuickTime, tar, raw photographs, programs with an archive behind them.
 */
const alwaysSigned: ReadonlySet<string> = new Set([
  ...`
image/png image/x-png image/apng image/jpeg image/jpg image/pjpeg image/gif image/webp image/bmp image/x-bmp image/x-ms-bmp
image/tiff image/x-icon image/vnd.microsoft.icon image/ico image/avif image/heic image/heic-sequence image/heif
image/heif-sequence image/jp2 image/jpx image/vnd.ms-photo image/jxr image/vnd.adobe.photoshop
audio/flac audio/x-flac audio/wav audio/x-wav audio/wave audio/vnd.wave audio/ogg audio/opus audio/aiff audio/x-aiff
audio/mp4 audio/x-m4a audio/m4a audio/webm audio/x-ms-wma
video/mp4 video/x-m4v video/3gpp video/3gpp2 video/webm video/matroska video/x-matroska video/ogg application/ogg
video/vnd.avi video/x-msvideo video/x-flv video/x-ms-wmv video/x-ms-asf application/mp4
font/woff font/woff2
application/pdf application/rtf text/rtf application/wasm model/gltf-binary application/epub+zip
application/zip application/x-zip-compressed application/gzip application/x-gzip application/x-bzip2 application/x-xz
application/x-7z-compressed application/x-rar-compressed application/vnd.rar application/vnd.ms-cab-compressed
`
    .trim()
    .split(/\s+/),
  ...officeTypes,
]);

/** How a page begins: MIME Sniffing, section 7.1. Comments are left out, for SVG begins with them too. */
const pageBeginning =
  /^(?:\u{feff}|\s)*<(?:!doctype\s+html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p)[\s>/]/iu;
const longestBeginning = 1_024;

export function beginsAsPage(head: Uint8Array): boolean {
  return pageBeginning.test(new TextDecoder().decode(head.subarray(0, longestBeginning)));
}

/**
 * Why a type that a list allows may not stand for these bytes, or null where it may.
 * @param detected what the bytes show: the type, where it is not this one, can hold it
 */
export function missingEvidence(
  type: string,
  shown: { readonly detected: string | null; readonly isPage: boolean },
): string | null {
  if (shown.detected !== null) return null;
  const essence = contentTypeEssence(type);
  if (alwaysSigned.has(essence)) return `the bytes do not begin as ${essence} always does`;
  if (shown.isPage && /^(?:image|audio|video|font)\//.test(essence))
    return 'the bytes begin as a page of HTML';
  return null;
}
