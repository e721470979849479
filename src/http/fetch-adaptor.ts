/**
 * Carries fetch Requests to routes and mounts. Draining, `100 Continue` and stalls are the frame's that made the
 * Request: only it has the connection.
 */
import { logAccess } from './access-log.ts';
import { completeHeaders, joined } from './answer-headers.ts';
import { exactly, ofLength } from './body-stream.ts';
import { type Answer, announcedLength, type Exchange, type RequestHead } from './exchange.ts';
import type { Logger } from './logger.ts';
import { presentable, problemAnswer } from './problem.ts';
import type { MountTarget, Visit } from './visit.ts';

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
    const visit = options.receive(head);
    if (visit.target.kind === 'mount')
      return await throughMount(request, visit, visit.target, options.logger);
    return await throughRoute(request, head, visit, visit.target.answer, options.logger);
  };
}

export async function throughRoute(
  request: Request,
  head: RequestHead,
  visit: Pick<Visit, 'requestId' | 'pattern' | 'headers'>,
  answerTo: (exchange: Exchange) => Promise<Answer>,
  logger: Logger,
): Promise<Response> {
  const startedAt = performance.now();
  const length = announcedLength(head);
  const counted = { bytesIn: 0, bytesOut: 0 };
  const departure = new AbortController();
  const depart = (): void => departure.abort();
  if (request.signal.aborted) depart();
  request.signal.addEventListener('abort', depart, { once: true });
  const answer = await answerTo({
    ...head,
    query: new URLSearchParams(head.search),
    signal: departure.signal,
    body: { length, open: () => exactly(length, reader(request, counted)) },
  });
  const finish = (isBroken: boolean): void => {
    request.signal.removeEventListener('abort', depart);
    const { requestId, pattern } = visit;
    const { method } = head;
    logAccess(logger, { ...counted, requestId, method, pattern, status: answer.status, startedAt, isBroken });
  };
  const headers = completeHeaders(answer, visit.headers);
  if (answer.body === null || answer.body instanceof Uint8Array) {
    counted.bytesOut = head.method === 'HEAD' ? 0 : (answer.body?.byteLength ?? 0);
    finish(false);
    const body = head.method === 'HEAD' ? null : answer.body && new Uint8Array(answer.body);
    return new Response(body, { status: answer.status, headers });
  }
  const bytes = ofLength(Number(headers['Content-Length']), answer.body);
  return new Response(stream(bytes, counted, { depart, finish }), { status: answer.status, headers });
}

function reader(request: Request, counted: { bytesIn: number }): () => Promise<Uint8Array | null> {
  const source = request.body?.getReader();
  return async () => {
    const step = await source?.read();
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
  const startedAt = performance.now();
  const response = await callMount(request, visit, target, logger);
  const headers = new Headers(response.headers);
  const vary = joined(visit.headers['Vary'], headers.get('vary'));
  for (const [name, value] of Object.entries(visit.headers)) headers.set(name, value);
  if (vary !== null) headers.set('Vary', vary);
  const { status, statusText } = response;
  const { requestId, pattern } = visit;
  // The bytes of a mount's answer do not pass through here.
  const bytes = { bytesIn: 0, bytesOut: 0 };
  logAccess(logger, {
    ...bytes,
    requestId,
    pattern,
    method: request.method,
    status,
    startedAt,
    isBroken: false,
  });
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
    const { status, headers, body } = problemAnswer(
      presentable(error, visit.requestId, logger),
      visit.requestId,
    );
    return new Response(body instanceof Uint8Array ? new Uint8Array(body) : null, { status, headers });
  } finally {
    target.leave();
  }
}
