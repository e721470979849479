/**
 * fetch, for platforms without XMLHttpRequest. Node takes a stream as a body: the bytes are counted as the connection
 * takes them. Elsewhere (service workers) the body is handed over whole, and only its end is told of.
 */
import { type Answer, answerOf } from './answer.ts';
import { type ByteStream, openByteStream } from './byte-stream.ts';
import { networkError } from './client-error.ts';
import { otherSize } from './file-source.ts';
import { refuseUnsendable, type Sending } from './send.ts';

/** Node, and what calls itself compatible with it. */
export function sendsStreams(): boolean {
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  return typeof process?.versions?.node === 'string';
}

export async function sendByFetch(sending: Sending): Promise<Answer> {
  const { url, body, size, withCredentials, signal, onSent } = sending;
  const isStreamed = sendsStreams() && !(body instanceof FormData);
  const headers = {
    ...sending.headers,
    ...(isStreamed && size !== null && { 'content-length': String(size) }),
  };
  refuseUnsendable(url, { headers });
  const stream = isStreamed ? streamOf(body) : null;
  // Of the caller's own stream: to be told as it is, and no fault of the network.
  const broken: unknown[] = [];
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      signal,
      ...(withCredentials && { credentials: 'include' }),
      ...(stream
        ? ({
            body: counted(stream, sending, broken),
            // Required with a stream (https://fetch.spec.whatwg.org/#dom-requestinit-duplex); not in TypeScript's DOM yet.
            duplex: 'half',
            // A stream can't be sent again to where a redirect leads. While one may come, Node keeps all that it sent.
            redirect: 'error',
          } as RequestInit)
        : { body: body as BodyInit }),
    });
    if (!stream && size !== null) onSent(size);
    return await answerOf(response);
  } catch (error) {
    throw broken.length > 0 ? broken[0] : networkError(url, 'failed', error);
  } finally {
    stream?.end();
  }
}

function streamOf(body: Exclude<Sending['body'], FormData>): ByteStream {
  if ('next' in body) return body;
  return openByteStream(body instanceof Blob ? body.stream() : whole(body));
}

async function* whole(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Takes a step when the connection has taken the one before. */
function counted(
  stream: ByteStream,
  { size, onSent }: Sending,
  broken: unknown[],
): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        onSent(sent);
        try {
          const bytes = await stream.next();
          sent += bytes?.byteLength ?? 0;
          if (size !== null && (bytes ? sent > size : sent < size)) {
            throw otherSize(bytes !== null, size);
          }
          if (bytes) controller.enqueue(bytes);
          else controller.close();
        } catch (error) {
          broken.push(error);
          throw error;
        }
      },
    },
    { highWaterMark: 0 },
  );
}
