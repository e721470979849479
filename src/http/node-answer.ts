/**
 * Writing an answer to a node:http response. All of it is written before `end` is called, which the adaptor does when
 * the request's body is dealt with: node destroys a connection that is to close at `end`, and a client that still
 * sends would lose the answer to a reset.
 */
import type { ServerResponse } from 'node:http';
import { bodilessStatuses } from './answer-headers.ts';
import { ofLength } from './body-stream.ts';
import type { Answer } from './exchange.ts';

/** Resolves with the bytes of content that were taken, all of them unless the client went away. */
export async function writeAnswer(
  response: ServerResponse,
  answer: Answer,
  headers: Readonly<Record<string, string>>,
): Promise<number> {
  response.writeHead(answer.status, headers);
  if (answer.body === null || response.req.method === 'HEAD' || bodilessStatuses.has(answer.status)) {
    response.flushHeaders();
    return 0;
  }
  if (answer.body instanceof Uint8Array) {
    response.write(answer.body);
    return answer.body.byteLength;
  }
  let written = 0;
  for await (const chunk of ofLength(Number(headers['Content-Length']), answer.body)) {
    if (response.destroyed) break;
    written += chunk.byteLength;
    if (!response.write(chunk)) await taken(response);
  }
  return written;
}

/** Until the client has taken what was written, or has gone. */
function taken(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed) return resolve();
    const settle = (): void => {
      response.off('drain', settle).off('close', settle);
      resolve();
    };
    response.on('drain', settle).on('close', settle);
  });
}
