/**
 * One request of node:http through a mount, which reads and writes the raw pair itself. What is done around it: the
 * headers that every answer has, the bounds on silence, an answer where the body is cut short, and the draining of what
 * the mount left unread.
 */

import { completeHeaders } from './answer-headers.ts';
import { type Answer, announcedLength } from './exchange.ts';
import { askHalfClosed } from './half-closed.ts';
import { onInFlightError } from './in-flight.ts';
import { endAnswer, unaskedDrainMs } from './node-answer.ts';
import { createNodeBody } from './node-body.ts';
import type { NodeAdaptorOptions, NodeConnection } from './node-connection.ts';
import { presentable, problemAnswer } from './problem.ts';
import { watchStalls } from './stall-watch.ts';
import type { MountTarget, Visit } from './visit.ts';

export async function runNodeMount(run: {
  readonly visit: Visit;
  readonly target: MountTarget;
  readonly connection: NodeConnection;
  readonly options: NodeAdaptorOptions;
}): Promise<void> {
  const { visit, target, connection, options } = run;
  const { request, response } = connection;
  const { socket } = request;
  const before = { in: socket.bytesRead, out: socket.bytesWritten };
  let wasAsked = true;
  // The mount's bytes do not pass through here: what the socket took counts, heads and all.
  visit.account.metered(() => ({
    bytesIn: (request.complete ? announcedLength(connection.head) : null) ?? socket.bytesRead - before.in,
    bytesOut: socket.bytesWritten - before.out,
  }));

  /** What the mount still does with the request ends with it. */
  const cutShort = (error: Error): void => {
    if (request.complete || response.writableEnded) return;
    refuse(problemOf(error), { Connection: 'close' }, () => request.destroy());
  };
  const refuse = (answer: Answer, more: Record<string, string>, then?: () => void): void => {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (answer.code !== undefined) visit.account.failed('http', answer.code);
    response.writeHead(answer.status, { ...completeHeaders(answer, visit.headers), ...more });
    response.end(answer.body, then);
  };
  const problemOf = (error: unknown): Answer =>
    problemAnswer(presentable(error, visit.requestId, options.logger), visit.requestId, true);
  const leave = onInFlightError(request, cutShort);
  // Bytes that lie there unread are ours to take: the client is silent only where there are none.
  const awaitsBody = (): boolean => request.readableLength === 0;
  askHalfClosed(request, response);
  watchStalls(request, response, { awaitsBody, fail: cutShort }, options.limits);
  options.leastProgress.watch(request, response, { awaitsBody, fail: cutShort });

  for (const [name, value] of Object.entries(visit.headers)) response.setHeader(name, value);
  if (options.isDraining()) response.setHeader('Connection', 'close');
  request.url = `${target.path}${connection.head.search}`;
  try {
    // Nobody knows whether a client that was not told to go on sends its body all the same.
    if (connection.awaitsContinue) {
      await target.arrival.authenticate().then(
        () => response.writeContinue(),
        () => {
          wasAsked = false;
          response.setHeader('Connection', 'close');
        },
      );
    }
    await target.mount.handleNode(request, response, target.arrival).finally(target.leave);
  } catch (error) {
    if (!response.writableEnded && !response.destroyed) refuse(problemOf(error), {});
    else options.logger.debug({ requestId: visit.requestId, err: error }, 'A mount failed after its answer');
  }
  const isEnded = response.writableEnded || response.destroyed;
  if (isEnded) await connection.closed;
  const { drainBytes, drainMs } = options.limits;
  const isDrained =
    !connection.hasBody ||
    (await createNodeBody(request, () => undefined).drain({
      bytes: drainBytes,
      ms: wasAsked ? drainMs : unaskedDrainMs,
    }));
  leave();
  // All of it is written; browsers read it only when they have sent everything.
  if (!isEnded) await endAnswer(response, isDrained);
  // Node tells a request nothing any more once its response is complete: whoever still reads it would wait for ever.
  else if (!isDrained) request.destroy();
}
