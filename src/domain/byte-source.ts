/** Bytes as an app in the same process has them, and as the rules take them. */
import { Readable } from 'node:stream';
import { badInput } from '../errors/gridhold-error.ts';

/** Whatever holds the bytes of one file. A stream that ends is a whole file; one that breaks must throw. */
export type ByteSource =
  | Uint8Array
  | ArrayBuffer
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | Iterable<Uint8Array>;

/** Null where only reading tells. */
export function lengthOf(source: ByteSource): number | null {
  if (source instanceof Blob) return source.size;
  return source instanceof Uint8Array || source instanceof ArrayBuffer ? source.byteLength : null;
}

export async function* bytesOf(source: ByteSource): AsyncGenerator<Uint8Array> {
  if (source instanceof Uint8Array) yield source;
  else if (source instanceof ArrayBuffer) yield new Uint8Array(source);
  else if (source instanceof Blob)
    yield* Readable.fromWeb(source.stream() as Parameters<typeof Readable.fromWeb>[0]);
  else yield* checked(source);
}

/**
 * A stream of text or of objects is a mistake that should not be stored; nor is nothing, which Node's streams give to
 * whoever reads them a second time (a repeat, or after what parses bodies).
 */
async function* checked(source: unknown): AsyncGenerator<Uint8Array> {
  if (typeof source !== 'object' || source === null || !isIterable(source))
    throw badInput('source: must be bytes, a Blob, or what gives bytes');
  if (source instanceof Readable && source.readableEnded)
    throw badInput('source: the stream has been read already');
  for await (const bytes of source) {
    if (!(bytes instanceof Uint8Array))
      throw badInput('source: must give bytes (Uint8Array), not text or objects');
    yield bytes;
  }
}

function isIterable(source: object): source is AsyncIterable<unknown> | Iterable<unknown> {
  return Symbol.asyncIterator in source || Symbol.iterator in source;
}
