/** What both adaptors hold a body to: that it is as long as was announced. */
import { GridholdError } from '../errors/gridhold-error.ts';

export function brokenOff(): GridholdError {
  return new GridholdError('LENGTH_MISMATCH', 'The body ended before its announced length');
}

/** Ends cleanly only where the bytes are as many as `Content-Length` said. */
export async function* exactly(
  length: number | null,
  next: () => Promise<Uint8Array | null>,
): AsyncGenerator<Uint8Array, void, void> {
  let received = 0;
  for (;;) {
    const chunk = await next();
    if (chunk === null) break;
    received += chunk.byteLength;
    if (chunk.byteLength > 0) yield chunk;
  }
  if (length !== null && received !== length) throw brokenOff();
}

/**
 * Begins an answer's bytes before its status goes out, so that a storage that fails at once gets an error in words and
 * not a broken transfer. The first bytes are held, and no more. Whoever gets it must iterate it.
 */
export async function begun(bytes: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const iterator = bytes[Symbol.asyncIterator]();
  let first: IteratorResult<Uint8Array> | null = await iterator.next();
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        const step = first ?? (await iterator.next());
        first = null;
        return step;
      },
      async return() {
        await iterator.return?.();
        return { done: true, value: undefined };
      },
    }),
  };
}

/** Throws where an answer is not as long as its `Content-Length`: a client must see a break, not a short file. */
export function ofLength(length: number, bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const iterator = bytes[Symbol.asyncIterator]();
  let sent = 0;
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        const step = await iterator.next();
        if (!step.done) sent += step.value.byteLength;
        if (step.done ? sent === length : sent <= length) return step;
        await iterator.return?.();
        throw new Error(`An answer of ${length} bytes ${step.done ? 'ended' : 'went on'} at ${sent}`);
      },
      async return() {
        await iterator.return?.();
        return { done: true, value: undefined };
      },
    }),
  };
}
