/**
 * Ends requests that make no progress. Uploads may last for hours, so the bound is on silence, by the socket's own
 * timer, and never on duration. While the client waits for us, it is not counted against it. How slow a transfer may
 * be is least-progress.ts's.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { GridholdError } from '../errors/gridhold-error.ts';
import type { EdgeLimits } from './http-settings.ts';

export interface WatchOptions {
  /** Whether the next move is the client's. */
  readonly awaitsBody: () => boolean;
  readonly fail: (error: Error) => void;
}

export function watchStalls(
  request: IncomingMessage,
  response: ServerResponse,
  options: WatchOptions,
  limits: Pick<EdgeLimits, 'requestStallMs' | 'answerStallMs'>,
): void {
  const { requestStallMs, answerStallMs } = limits;
  let writtenBefore = -1;
  let silentMs = 0;

  // By the response: once the request is whole, node asks it no more, and destroys a socket that nobody speaks for.
  response.setTimeout(requestStallMs, () => {
    const { socket } = request;
    silentMs = socket.bytesWritten === writtenBefore ? silentMs + requestStallMs : requestStallMs;
    writtenBefore = socket.bytesWritten;
    if (!request.complete && options.awaitsBody()) {
      options.fail(new GridholdError('REQUEST_TIMEOUT', `Nothing came for ${requestStallMs / 1000} s`));
    } else if (response.writableLength > 0 && silentMs >= answerStallMs) {
      response.destroy();
    }
    if (!socket.destroyed) response.setTimeout(requestStallMs);
  });
}
