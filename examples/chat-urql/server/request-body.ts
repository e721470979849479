/**
 * The body of an upload, in a stream that whoever reads it may drop. Dropping the request itself would cut the
 * connection, and a browser that is still sending then sees "failed to fetch" instead of the answer.
 */
import type { IncomingMessage } from 'node:http';
import { PassThrough, type Readable } from 'node:stream';

/** What may still come after a refusal, so that the browser gets to reading it. Who sends more is cut off. */
const mostDrainedBytes = 64 * 1024 * 1024;
const longestDrainMs = 30_000;

/** Call it when the body is wanted: before, nothing is read. It fails where the client breaks off. */
export function openBody(request: IncomingMessage): Readable {
  const body = new PassThrough();
  // Told to whoever reads it; where nobody does yet, it must not end the process.
  body.on('error', () => undefined);
  request.once('close', () => {
    if (!request.complete) body.destroy(new Error('The client broke off'));
  });
  return request.pipe(body);
}

/** Reads on, for nobody, what of the body has not been read. Safe on every request. */
export function drain(request: IncomingMessage): void {
  if (request.complete) return;
  request.unpipe();
  let drainedBytes = 0;
  const cut = (): unknown => request.destroy();
  const late = setTimeout(cut, longestDrainMs).unref();
  for (const end of ['end', 'close']) request.once(end, () => clearTimeout(late));
  request.on('data', (bytes: Buffer) => {
    drainedBytes += bytes.byteLength;
    if (drainedBytes > mostDrainedBytes) cut();
  });
  request.resume();
}
