/** `multipart/byteranges` (RFC 9110, section 14.6): several parts of a file in one answer, its length known before. */
import { randomUUID } from 'node:crypto';
import type { ByteRange } from '../../domain/use-cases.ts';

export interface ByterangesBody {
  readonly contentType: string;
  readonly length: number;
  readonly bytes: AsyncIterable<Uint8Array>;
}

export function byteranges(
  file: { readonly contentType: string; readonly size: number },
  ranges: readonly ByteRange[],
  read: (range: ByteRange) => AsyncIterable<Uint8Array>,
): ByterangesBody {
  const boundary = randomUUID();
  const parts = ranges.map((range) => ({
    range,
    head: Buffer.from(
      `\r\n--${boundary}\r\nContent-Type: ${file.contentType}\r\nContent-Range: ${contentRange(range, file.size)}\r\n\r\n`,
    ),
  }));
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const lengthOf = ({ start, end }: ByteRange): number => end - start + 1;

  async function* write(): AsyncGenerator<Uint8Array, void, void> {
    for (const { head, range } of parts) {
      yield head;
      yield* read(range);
    }
    yield tail;
  }
  return {
    contentType: `multipart/byteranges; boundary=${boundary}`,
    length: parts.reduce((sum, { head, range }) => sum + head.byteLength + lengthOf(range), tail.byteLength),
    bytes: write(),
  };
}

export function contentRange({ start, end }: ByteRange, size: number): string {
  return `bytes ${start}-${end}/${size}`;
}
