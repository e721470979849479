/**
 * Writing an answer to a node:http response. All of it is written before `end` is called, which the adaptor does when
 * the request's body is dealt with: node destroys a connection that is to close at `end`, and a client that still
 * sends would lose the answer to a reset.
 */
import type { ServerResponse } from 'node:http';
import { bodilessStatuses } from './answer-headers.ts';
import { ofLength } from './body-stream.ts';
import type { Answer } from './exchange.ts';

/** How long a client that was told not to send gets to send all the same, before it is cut off. */
export const unaskedDrainMs = 1_000;

/** Resolves when all is written, or the client has gone. `count` is told of every piece of content. */
export async function writeAnswer(
  response: ServerResponse,
  answer: Answer,
  headers: Readonly<Record<string, string>>,
  count: (bytes: number) => void,
): Promise<void> {
  response.writeHead(answer.status, headers);
  if (answer.body === null || response.req.method === 'HEAD' || bodilessStatuses.has(answer.status)) {
    response.flushHeaders();
    return;
  }
  if (answer.body instanceof Uint8Array) {
    response.write(answer.body);
    count(answer.body.byteLength);
    return;
  }
  for await (const chunk of ofLength(Number(headers['Content-Length']), answer.body)) {
    if (response.destroyed) break;
    count(chunk.byteLength);
    if (!response.write(chunk)) await taken(response);
  }
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

/** A connection on which the client still sends what nobody reads can carry no other request. */
export function endAnswer(response: ServerResponse, isDrained: boolean): Promise<void> {
  const { socket } = response;
  return new Promise((resolve) => {
    if (response.destroyed) return resolve();
    response.once('close', resolve);
    response.end(() => {
      if (!isDrained) socket?.destroySoon();
      resolve();
    });
  });
}
