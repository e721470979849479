/**
 * XML, told by its root element. A prolog alone makes it XML; without one only a root that is known by its namespace
 * or name counts, or every page and every Markdown file that begins with a tag would be XML.
 */
import { XmlTextDetector } from '@file-type/xml';
import { contentTypeEssence } from './media-type.ts';

/** A root stands well before this, and a hostile tag as long takes the parser some 20 ms. */
const maximumXmlBytes = 16_384;

/** The type of an XML document, `application/xml` for a root that nobody knows, or null. */
export function detectXmlRoot(head: Uint8Array): string | null {
  const text = decode(head.subarray(0, maximumXmlBytes));
  const hasProlog = /^<\?xml\s/.test(text);
  if (!hasProlog && !/^\s*<(?!!doctype\s+html)[!?\p{L}_]/iu.test(text)) return null;
  const detector = new XmlTextDetector();
  try {
    // Tag by tag: an error further on would make the detector forget the root.
    for (const piece of text.trimStart().split(/(?<=>)/)) {
      detector.write(piece);
      if (detector.onEnd) break;
    }
  } catch {
    // Not well-formed up to its root.
  }
  if (detector.fileType !== undefined) return contentTypeEssence(detector.fileType.mime);
  return hasProlog ? 'application/xml' : null;
}

/** By a byte-order mark or the zero beside the first `<` (XML 1.0, appendix F); else UTF-8, which reads all markup. */
function decode(bytes: Uint8Array): string {
  const [first = 0, second = 0] = bytes;
  const start = first * 256 + second;
  if (start === 0xfeff || start === 0x003c) return new TextDecoder('utf-16be').decode(bytes);
  if (start === 0xfffe || start === 0x3c00) return new TextDecoder('utf-16le').decode(bytes);
  return new TextDecoder().decode(bytes);
}
