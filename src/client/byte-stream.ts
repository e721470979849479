/** A stream of bytes in any of its forms, read step by step. */

export interface ByteStream {
  /** The next bytes, null at the end. @throws what the stream throws; TypeError where it gives other than bytes */
  next(): Promise<Uint8Array | null>;
  /** No more is wanted: lets go of what lies behind the stream, such as an open file. Does nothing after its end. */
  end(): void;
}

/** Large pieces are given in smaller ones, so that progress can be told of them too. */
const mostBytes = 64 * 1024;

/** @throws TypeError where it has been read to its end before */
export function openByteStream(stream: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>): ByteStream {
  keepErrorsFromCrashing(stream);
  // Node's streams would give nothing to whoever reads them a second time, and an empty file would be stored.
  if ((stream as NodeStream).readableEnded) throw new TypeError('file: the stream has been read already');
  const { next, end } = 'getReader' in stream ? byReader(stream.getReader()) : byIterator(stream);
  let rest: Uint8Array = new Uint8Array();
  return {
    async next() {
      if (rest.byteLength === 0) {
        const { done, value } = await next();
        if (done) return null;
        if (!(value instanceof Uint8Array))
          throw new TypeError('file: the stream must give bytes (Uint8Array)');
        rest = value;
      }
      const bytes = rest.subarray(0, mostBytes);
      rest = rest.subarray(mostBytes);
      return bytes;
    },
    // How a stream ends that nobody wants any more is nobody's concern.
    end: () => void end().catch(() => undefined),
  };
}

/**
 * Node ends the process where a stream fails before anybody listens. For streams that wait for their turn; whoever reads
 * one later still gets the error.
 */
export function keepErrorsFromCrashing(source: unknown): void {
  (source as NodeStream | null)?.on?.('error', () => undefined);
}

interface Steps {
  next(): Promise<{ readonly done?: boolean | undefined; readonly value?: unknown }>;
  end(): Promise<unknown>;
}

function byReader(reader: ReadableStreamDefaultReader<Uint8Array>): Steps {
  return { next: () => reader.read(), end: () => reader.cancel() };
}

/** What Node's `Readable` has beside its iterator; `socket` where it is a request that a server received. */
interface NodeStream {
  readonly socket?: unknown;
  readonly readableEnded?: boolean;
  on?(event: 'error', listener: () => void): void;
  destroy?(): void;
  iterator?(options: { readonly destroyOnReturn: boolean }): AsyncIterator<Uint8Array>;
}

function byIterator(stream: AsyncIterable<Uint8Array> & NodeStream): Steps {
  // To destroy a request would cut the connection on which its server is to answer.
  const isRequest = stream.socket !== undefined;
  const iterator =
    (isRequest && stream.iterator?.({ destroyOnReturn: false })) || stream[Symbol.asyncIterator]();
  return {
    next: () => iterator.next(),
    async end() {
      // An iterator that has not begun, or that waits for the next bytes, would not close the stream.
      if (!isRequest) stream.destroy?.();
      await iterator.return?.();
    },
  };
}
