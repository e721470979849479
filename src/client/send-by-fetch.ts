/**
 * fetch, for platforms without XMLHttpRequest. Node takes a stream as a body: the bytes are counted as the connection
 * takes them. Elsewhere (service workers) the body is handed over whole, and only its end is told of.
 */
import type { Answer } from './answer.ts';
import { networkError } from './client-error.ts';
import type { Sending } from './send.ts';

const sliceBytes = 64 * 1024;

/** Node, and what calls itself compatible with it. */
export function sendsStreams(): boolean {
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  return typeof process?.versions?.node === 'string';
}

export async function sendByFetch(sending: Sending): Promise<Answer> {
  const { url, headers, body, size, withCredentials, signal, onSent } = sending;
  const request = {
    method: 'POST',
    headers: { ...headers },
    signal,
    ...(withCredentials && { credentials: 'include' as const }),
  };
  // Of the caller's own stream: to be told as it is, and no fault of the network.
  const broken: { by?: unknown; is: boolean } = { is: false };
  try {
    const response = sendsStreams()
      ? await fetch(url, {
          ...request,
          headers: { ...headers, ...(size !== null && { 'content-length': String(size) }) },
          body: counted(chunksOf(body), onSent, (error) => {
            broken.is = true;
            broken.by = error;
          }),
          // Required with a stream (https://fetch.spec.whatwg.org/#dom-requestinit-duplex); not in TypeScript's DOM yet.
          ...({ duplex: 'half' } as RequestInit),
        })
      : await fetch(url, { ...request, body: body as BodyInit });
    if (!sendsStreams() && size !== null) onSent(size);
    return {
      status: response.status,
      body: await response.text(),
      header: (name) => response.headers.get(name),
    };
  } catch (error) {
    if (broken.is) throw broken.by;
    if (signal.aborted) throw signal.reason;
    throw networkError('The connection failed', error);
  }
}

/** In pieces of a bounded size, whatever the source gives at once: progress is told of with each. */
async function* chunksOf(body: Sending['body']): AsyncGenerator<Uint8Array> {
  if (body instanceof FormData) return;
  const chunks = body instanceof Uint8Array ? [body] : body instanceof Blob ? body.stream() : body;
  for await (const chunk of iterate(chunks)) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('file: the stream must give bytes (Uint8Array)');
    for (let start = 0; start < chunk.byteLength; start += sliceBytes) {
      yield chunk.subarray(start, start + sliceBytes);
    }
  }
}

/** Node's streams can be iterated; TypeScript knows that of some only. */
function iterate(
  chunks: Iterable<unknown> | AsyncIterable<unknown> | ReadableStream<unknown>,
): Iterable<unknown> | AsyncIterable<unknown> {
  return chunks as AsyncIterable<unknown>;
}

function counted(
  chunks: AsyncGenerator<Uint8Array>,
  onSent: (bytes: number) => void,
  onBroken: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        onSent(sent);
        try {
          const { done, value } = await chunks.next();
          if (done) controller.close();
          else {
            sent += value.byteLength;
            controller.enqueue(value);
          }
        } catch (error) {
          onBroken(error);
          throw error;
        }
      },
      async cancel() {
        await chunks.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}
