/**
 * Carries fetch Requests to routes and mounts. Draining, `100 Continue` and stalls are the frame's that made the
 * Request: only it has the connection.
 */

import type { Logger } from '../domain/logger.ts';
import { completeHeaders, joined } from './answer-headers.ts';
import { brokenOff, exactly, ofLength } from './body-stream.ts';
import { type Answer, announcedLength, type Exchange, type RequestHead } from './exchange.ts';
import { presentable, problemAnswer } from './problem.ts';
import { type MountTarget, refuseReadBody, type Visit } from './visit.ts';

export interface FetchAdaptorOptions {
  readonly receive: (head: RequestHead) => Visit;
  readonly logger: Logger;
}

export interface FetchOptions {
  /** Who is connected to the server that made the Request. Without it, nothing is limited by address. */
  readonly address?: string | undefined;
}

export function fetchHead(request: Request, { address }: FetchOptions = {}): RequestHead {
  const url = new URL(request.url);
  return {
    method: request.method,
    path: url.pathname,
    search: url.search,
    host: request.headers.get('host') ?? url.host,
    scheme: url.protocol === 'https:' ? 'https' : 'http',
    peerAddress: address ?? null,
    header: (name) => request.headers.get(name),
  };
}

export type FetchHandler = (request: Request, options?: FetchOptions) => Promise<Response>;

/** Never rejects. */
export function createFetchHandler(options: FetchAdaptorOptions): FetchHandler {
  return async (request, fetchOptions) => {
    const head = fetchHead(request, fetchOptions);
    const received = options.receive(head);
    const visit = request.bodyUsed ? refuseReadBody(received, options.logger) : received;
    if (visit.target.kind === 'mount')
      return await throughMount(request, visit, visit.target, options.logger);
    return await throughRoute(request, head, visit, visit.target.answer);
  };
}

export async function throughRoute(
  request: Request,
  head: RequestHead,
  visit: Pick<Visit, 'account' | 'headers'>,
  answerTo: (exchange: Exchange) => Promise<Answer>,
): Promise<Response> {
  const { account } = visit;
  const length = announcedLength(head);
  const counted = { bytesIn: 0, bytesOut: 0 };
  account.metered(() => counted);
  const departure = new AbortController();
  let status: number | null = null;
  let isOver = false;
  const depart = (): void => {
    departure.abort();
    // Whoever is gone may never take the rest of its answer.
    if (status !== null) finish(true);
  };
  function finish(isBroken: boolean): void {
    if (isOver) return;
    isOver = true;
    request.signal.removeEventListener('abort', depart);
    account.end({ status, isBroken });
  }
  if (request.signal.aborted) depart();
  request.signal.addEventListener('abort', depart, { once: true });
  const answer = await answerTo({
    ...head,
    query: new URLSearchParams(head.search),
    signal: departure.signal,
    body: { length, open: () => exactly(length, reader(request, counted, departure.signal)) },
  });
  if (answer.code !== undefined) account.failed('http', answer.code);
  status = answer.status;
  const headers = completeHeaders(answer, visit.headers);
  if (answer.body === null || answer.body instanceof Uint8Array) {
    counted.bytesOut = head.method === 'HEAD' ? 0 : (answer.body?.byteLength ?? 0);
    finish(false);
    const body = head.method === 'HEAD' ? null : answer.body && new Uint8Array(answer.body);
    return new Response(body, { status: answer.status, headers });
  }
  if (departure.signal.aborted) finish(true);
  const bytes = ofLength(Number(headers['Content-Length']), answer.body);
  return new Response(stream(bytes, counted, { depart, finish }), { status: answer.status, headers });
}

/** Not every frame ends the body of a request that it aborts: a read under way would wait for ever. */
function reader(
  request: Request,
  counted: { bytesIn: number },
  departed: AbortSignal,
): () => Promise<Uint8Array | null> {
  const source = request.body?.getReader();
  departed.addEventListener('abort', () => void source?.cancel().catch(() => undefined), { once: true });
  return async () => {
    const step = departed.aborted ? undefined : await source?.read();
    if (departed.aborted) throw brokenOff();
    if (step === undefined || step.done) return null;
    counted.bytesIn += step.value.byteLength;
    return step.value;
  };
}

/** Pulled chunk by chunk; an error midway becomes the stream's, which breaks the transfer. */
function stream(
  bytes: AsyncIterable<Uint8Array>,
  counted: { bytesOut: number },
  events: { depart(): void; finish(isBroken: boolean): void },
): ReadableStream<Uint8Array> {
  const iterator = bytes[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const step = await iterator.next();
          if (step.done) {
            controller.close();
            events.finish(false);
            return;
          }
          counted.bytesOut += step.value.byteLength;
          controller.enqueue(step.value);
        } catch (error) {
          controller.error(error);
          events.finish(true);
        }
      },
      async cancel() {
        events.depart();
        await iterator.return?.();
        events.finish(true);
      },
    },
    { highWaterMark: 0 },
  );
}

async function throughMount(
  request: Request,
  visit: Visit,
  target: MountTarget,
  logger: Logger,
): Promise<Response> {
  const response = await callMount(request, visit, target, logger);
  const headers = new Headers(response.headers);
  const vary = joined(visit.headers['Vary'], headers.get('vary'));
  for (const [name, value] of Object.entries(visit.headers)) headers.set(name, value);
  if (vary !== null) headers.set('Vary', vary);
  const { status, statusText } = response;
  // The bytes of a mount do not pass through here, and are not counted.
  visit.account.end({ status, isBroken: false });
  return new Response(response.body, { status, statusText, headers });
}

async function callMount(
  request: Request,
  visit: Visit,
  target: MountTarget,
  logger: Logger,
): Promise<Response> {
  const url = new URL(request.url);
  const isPrefixed = url.pathname !== target.path;
  url.pathname = target.path;
  try {
    return await target.mount.fetch(isPrefixed ? new Request(url, request) : request, target.arrival);
  } catch (error) {
    const shown = presentable(error, visit.requestId, logger);
    visit.account.failed('http', shown.code);
    const { status, headers, body } = problemAnswer(shown, visit.requestId, true);
    return new Response(body instanceof Uint8Array ? new Uint8Array(body) : null, { status, headers });
  } finally {
    target.leave();
  }
}
