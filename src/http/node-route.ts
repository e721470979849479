/**
 * One request of node:http through a route. The answer is written whole, then what is left of the request's body is
 * drained within a bound: browsers read an answer only when they have sent everything, and a connection that is closed
 * on bytes still under way is reset, which may take the answer with it.
 */
import { longestTimerMs } from '../config/bounds.ts';
import { completeHeaders } from './answer-headers.ts';
import { exactly } from './body-stream.ts';
import { type Answer, announcedLength } from './exchange.ts';
import { onInFlightError } from './in-flight.ts';
import { endAnswer, unaskedDrainMs, writeAnswer } from './node-answer.ts';
import { createNodeBody, type NodeBody } from './node-body.ts';
import type { NodeAdaptorOptions, NodeConnection } from './node-connection.ts';
import { presentable, problemAnswer } from './problem.ts';
import { watchStalls } from './stall-watch.ts';
import type { RouteTarget, Visit } from './visit.ts';

interface RouteRun {
  readonly visit: Visit;
  readonly target: RouteTarget;
  readonly connection: NodeConnection;
  readonly options: NodeAdaptorOptions;
}

export async function runNodeRoute(run: RouteRun): Promise<void> {
  const { request, response, head, awaitsContinue, departed } = run.connection;
  let isCutShort = false;
  const body = createNodeBody(request, () => {
    if (awaitsContinue) response.writeContinue();
  });
  const fail = (error: Error): void => {
    isCutShort = true;
    // What is malformed may be what follows a body that is whole.
    if (!request.complete) body.fail(error);
  };
  let bytesOut = 0;
  const count = (bytes: number): void => {
    bytesOut += bytes;
  };
  run.visit.account.metered(() => ({ bytesIn: body.bytesRead, bytesOut }));
  const leave = onInFlightError(request, fail);
  const watched = { awaitsBody: () => body.isWaiting, fail };
  watchStalls(request, response, watched, run.options.limits);
  run.options.leastProgress.watch(request, response, watched);
  const length = announcedLength(head);
  const answer = await run.target.answer({
    ...head,
    query: new URLSearchParams(head.search),
    signal: departed,
    body: { length, open: () => exactly(length, body.next) },
  });
  if (answer.code !== undefined) run.visit.account.failed('http', answer.code);
  await deliver(run, answer, { body, isCutShort: () => isCutShort, count });
  leave();
}

async function deliver(
  run: RouteRun,
  answer: Answer,
  state: { readonly body: NodeBody; isCutShort(): boolean; count(bytes: number): void },
): Promise<void> {
  const { visit, connection, options } = run;
  const { response, awaitsContinue, hasBody } = connection;
  const wasAsked = !awaitsContinue || state.body.isBegun;
  const mustClose = state.isCutShort() || !wasAsked || options.isDraining();
  try {
    const headers = completeHeaders(answer, visit.headers);
    if (mustClose) headers['Connection'] = 'close';
    await writeAnswer(response, answer, headers, state.count);
    const isDrained = !hasBody || (await state.body.drain(drainBound(run, answer, wasAsked)));
    await endAnswer(response, isDrained);
  } catch (error) {
    if (response.headersSent) {
      if (!connection.departed.aborted) {
        visit.account.failed('http', 'INTERNAL_SERVER_ERROR');
        options.logger.error({ requestId: visit.requestId, err: error }, 'The transfer broke');
      }
      response.destroy();
    } else {
      const problem = problemAnswer(presentable(error, visit.requestId, options.logger), visit.requestId);
      if (problem.code !== undefined) visit.account.failed('http', problem.code);
      const headers = { ...completeHeaders(problem, {}), Connection: 'close' };
      await writeAnswer(response, problem, headers, state.count);
      await endAnswer(response, false);
    }
  }
}

/**
 * A refused body is not worth much waiting. One that was answered because its bytes are known already is: its client,
 * which lost the first answer, would be cut off again and again.
 */
function drainBound(run: RouteRun, answer: Answer, wasAsked: boolean): { bytes: number; ms: number } {
  const { limits, settings } = run.options;
  const { method } = run.connection.head;
  if (!wasAsked) return { bytes: limits.drainBytes, ms: unaskedDrainMs };
  const isWelcome = answer.status < 300 && (method === 'POST' || method === 'PUT');
  if (isWelcome) return { bytes: settings.maxUploadBytes, ms: longestTimerMs };
  return { bytes: limits.drainBytes, ms: limits.drainMs };
}
