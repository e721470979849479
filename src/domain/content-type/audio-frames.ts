/** MPEG audio, whose only signature is its frames: one sync word is eleven bits, so the next frame must follow. */

/** kbit/s by index, of MPEG 1 and of 2 and 2.5, layer III (WHATWG MIME Sniffing, section 6.2.3). 0: not a rate. */
const kilobitsOfMpeg1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0];
const kilobitsOfMpeg2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0];
const samplesPerSecondOfMpeg1 = [44_100, 48_000, 32_000, 0];
const id3HeaderBytes = 10;

/**
 * What an ID3 tag at the start stands before (id3.org, ID3v2.4, section 3.1): MP3, unless another is seen behind it.
 * Null where there is no tag.
 */
export function audioBehindId3(head: Uint8Array): string | null {
  const [i, d, three, version = 0, , , ...size] = head.subarray(0, id3HeaderBytes);
  const isTag = i === 0x49 && d === 0x44 && three === 0x33 && version >= 2 && version <= 4;
  if (!isTag || size.length < 4 || size.some((byte) => byte > 0x7f)) return null;
  const start = id3HeaderBytes + size.reduce((sum, byte) => sum * 128 + byte, 0);
  const audio = head.subarray(start);
  if (audio[0] === 0x66 && audio[1] === 0x4c && audio[2] === 0x61 && audio[3] === 0x43) return 'audio/flac';
  return isAdts(audio) ? 'audio/aac' : 'audio/mpeg';
}

/** Two frames of layer III, or one that is the whole file. */
export function isMp3(bytes: Uint8Array): boolean {
  const length = layer3FrameBytes(bytes);
  if (length === null) return false;
  return bytes.length === length || layer3FrameBytes(bytes.subarray(length)) !== null;
}

/** Two frames of AAC in ADTS (ISO/IEC 13818-7, section 6.2), or one that is the whole file. */
export function isAdts(bytes: Uint8Array): boolean {
  const length = adtsFrameBytes(bytes);
  if (length === null) return false;
  return bytes.length === length || adtsFrameBytes(bytes.subarray(length)) !== null;
}

function layer3FrameBytes(bytes: Uint8Array): number | null {
  const [sync = 0, kind = 0, rates = 0] = bytes;
  const version = (kind >> 3) & 3;
  const isLayer3 = ((kind >> 1) & 3) === 1;
  if (sync !== 0xff || kind < 0xe0 || version === 1 || !isLayer3) return null;
  const isMpeg1 = version === 3;
  const kilobits = (isMpeg1 ? kilobitsOfMpeg1 : kilobitsOfMpeg2)[rates >> 4] ?? 0;
  const samplesPerSecond =
    (samplesPerSecondOfMpeg1[(rates >> 2) & 3] ?? 0) / (isMpeg1 ? 1 : version === 2 ? 2 : 4);
  if (kilobits === 0 || samplesPerSecond === 0) return null;
  const padding = (rates >> 1) & 1;
  return Math.floor(((isMpeg1 ? 144 : 72) * kilobits * 1_000) / samplesPerSecond) + padding;
}

function adtsFrameBytes(bytes: Uint8Array): number | null {
  const [sync = 0, kind = 0, , high = 0, middle = 0, low = 0] = bytes;
  if (sync !== 0xff || (kind & 0xf6) !== 0xf0) return null;
  const length = ((high & 3) << 11) | (middle << 3) | (low >> 5);
  return length < 7 ? null : length;
}
