/**
 * Reads a type off the first bytes of a file: signatures by file-type, XML by its root. Never throws, whatever the
 * bytes are: they are an attacker's. Work is bounded by the head's length, and by a timer where inflating leaves it.
 * What the answer is worth against the declared type is for `resolve`.
 */
import { fileTypeFromBuffer } from 'file-type';
import pTimeout from 'p-timeout';
import { audioBehindId3 } from './audio-frames.ts';
import { contentTypeEssence } from './media-type.ts';
import { beginsAsPage } from './shown-by-bytes.ts';
import { isEvidence, startsWith } from './signature-evidence.ts';
import { detectXmlRoot } from './xml-root.ts';

/** Enough for the entries of an office document that stand before the one that tells which it is. */
export const maximumHeadBytes = 65_536;
const firstAllocationBytes = 4_096;
const detectionTimeoutMs = 5_000;

/** Watches bytes as they pass, and keeps a copy of no more than the head. */
export interface ContentTypeSniffer {
  /** Looks at the next bytes; the caller may reuse them afterwards. */
  observe(bytes: Uint8Array): void;
  /** True once later bytes can't change the answer. */
  readonly isFull: boolean;
  /** What the bytes observed so far show; the first call decides. Null where they show nothing. Never rejects. */
  detect(): Promise<string | null>;
  /** Whether they begin as a page of HTML, which is no signature: text may begin so. */
  readonly isPage: boolean;
}

export function contentTypeSniffer(): ContentTypeSniffer {
  let head = new Uint8Array(0);
  let length = 0;
  let answer: Promise<string | null> | null = null;
  let isPage = false;
  return {
    observe(bytes) {
      const taken = bytes.subarray(0, maximumHeadBytes - length);
      if (answer !== null || taken.length === 0) return;
      const needed = length + taken.length;
      if (needed > head.length) {
        const grown = new Uint8Array(
          Math.min(maximumHeadBytes, Math.max(needed, head.length * 2, firstAllocationBytes)),
        );
        grown.set(head.subarray(0, length));
        head = grown;
      }
      head.set(taken, length);
      length = needed;
    },
    get isFull() {
      return answer !== null || length === maximumHeadBytes;
    },
    detect() {
      if (answer === null) {
        const seen = head.subarray(0, length);
        isPage = beginsAsPage(seen);
        answer = detectContentType(seen);
        head = new Uint8Array(0);
      }
      return answer;
    },
    get isPage() {
      return answer === null ? beginsAsPage(head.subarray(0, length)) : isPage;
    },
  };
}

/** The essence of the type that the first bytes of a file show, or null. Looks at `maximumHeadBytes` at most. */
export async function detectContentType(head: Uint8Array): Promise<string | null> {
  const bounded = head.subarray(0, maximumHeadBytes);
  try {
    const found = await pTimeout(detectUnbounded(bounded), {
      milliseconds: detectionTimeoutMs,
      fallback: () => null,
    });
    return found ?? bySignatureAlone(bounded);
  } catch {
    // Malformed and hostile bytes end in many kinds of error: they show no more than their signature.
    return bySignatureAlone(bounded);
  }
}

async function detectUnbounded(head: Uint8Array): Promise<string | null> {
  // file-type would inflate a gzip file and walk behind an ID3 tag, and then say no more than this.
  if (startsWith(head, [0x1f, 0x8b, 0x08])) return 'application/gzip';
  const known = audioBehindId3(head) ?? detectXmlRoot(head) ?? beyondFileType(head);
  if (known !== null) return known;
  const found = await fileTypeFromBuffer(head);
  if (found === undefined) return null;
  const essence = contentTypeEssence(found.mime);
  return isEvidence(essence, head) ? essence : null;
}

/** Kin of formats that file-type knows: waves longer than 4 GB (EBU Tech 3306), and segments of MP4 by their first box. */
function beyondFileType(head: Uint8Array): string | null {
  const text = new TextDecoder('latin1').decode(head.subarray(0, 12));
  if (/^(?:RF64|BW64).{4}WAVE/su.test(text)) return 'audio/wav';
  return /^\0.{3}(?:styp|moof|sidx|emsg|prft)/su.test(text) ? 'video/mp4' : null;
}

/** Where the rest is broken, or lies behind the head: a TIFF's directory is often its end. */
function bySignatureAlone(head: Uint8Array): string | null {
  if (startsWith(head, [0x50, 0x4b, 0x03, 0x04])) return 'application/zip';
  const isTiff = startsWith(head, [0x49, 0x49, 0x2a, 0x00]) || startsWith(head, [0x4d, 0x4d, 0x00, 0x2a]);
  return isTiff ? 'image/tiff' : null;
}
