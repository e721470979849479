/** Bytes without end that are nobody else's: they don't compress, and no two sources give the same. */
import { randomBytes } from 'node:crypto';

export const mebibyte = 1_048_576;

const pieceBytes = 65_536;
const base = randomBytes(pieceBytes);

/** Made as they are asked for: whoever measures memory must not hold them either. */
export function* pieces(total: number): Generator<Buffer> {
  const stamp = randomBytes(16);
  for (let sent = 0; sent < total; sent += pieceBytes) {
    const piece = Buffer.from(base);
    stamp.copy(piece);
    piece.writeDoubleBE(sent, stamp.byteLength);
    yield piece.subarray(0, Math.min(pieceBytes, total - sent));
  }
}

/** A few bytes at once. */
export function bytes(total: number): Buffer {
  return Buffer.concat([...pieces(total)]);
}
