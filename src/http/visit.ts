/**
 * What is decided about a request before its body: its ID, who may ask, and what answers it, a mount or a route. Both
 * adaptors begin here; they differ only in how they carry bytes.
 */

import { isFileId } from '../domain/ids.ts';
import type { Logger } from '../domain/logger.ts';
import type { Arrival, RequestContext } from '../domain/request-context.ts';
import type { UseCases } from '../domain/use-cases.ts';
import { GridholdError } from '../errors/gridhold-error.ts';
import type { Account, OpenAccount } from './account.ts';
import type { Admission } from './admission/admission.ts';
import { createEntrance } from './admission/entrance.ts';
import { begun } from './body-stream.ts';
import type { Answer, AnswerHeaders, Exchange, RequestHead } from './exchange.ts';
import { checkDecided, checkHost } from './host-check.ts';
import type { HttpSettings } from './http-settings.ts';
import { createIdentify } from './identify.ts';
import type { Mount } from './mount.ts';
import { judgeOrigin, preflightAnswer } from './origin-policy.ts';
import { presentable, problemAnswer } from './problem.ts';
import { baseUrlOf, pathsOf, prefixOf } from './public-address.ts';
import { requestIdOf } from './request-id.ts';
import type { RequestKind } from './request-observer.ts';
import { allowedMethods, findRoute, handlerFor, type Route, type RouteMatch } from './route-table.ts';

export interface MountTarget {
  readonly kind: 'mount';
  readonly mount: Mount;
  /** Without the public prefix. */
  readonly path: string;
  readonly arrival: Arrival;
  /** To be called when the request is over. */
  leave(): void;
}
export interface RouteTarget {
  readonly kind: 'route';
  /** Never rejects: errors are answers. A body that is an iterable has begun, and must be iterated. */
  answer(exchange: Exchange): Promise<Answer>;
}

export interface Visit {
  readonly requestId: string;
  /** Set on the answer whatever it is: the request ID and CORS. */
  readonly headers: AnswerHeaders;
  readonly target: MountTarget | RouteTarget;
  readonly account: Account;
}

export interface VisitOptions {
  readonly useCases: Pick<UseCases, 'authenticate'>;
  readonly settings: HttpSettings;
  readonly routes: readonly Route[];
  readonly mounts: readonly Mount[];
  readonly admission: Admission;
  readonly openAccount: OpenAccount;
  readonly logger: Logger;
}

/** Methods of a mount that a preflight names; which of them it takes is its own. */
const mountMethods = ['GET', 'POST', 'OPTIONS'];

export function createReception(options: VisitOptions): (head: RequestHead) => Visit {
  const { settings, admission, logger } = options;
  const prefix = prefixOf(settings.publicUrl);
  const enter = createEntrance(createIdentify(options.useCases, settings), admission);

  return (head) => {
    const requestId = requestIdOf(head.header('x-request-id'));
    const paths = pathsOf(head.path, prefix);
    const found = findMount(options.mounts, paths) ?? findRoute(options.routes, paths, head.method);
    const isGraphql = found !== null && 'mount' in found;
    const audience = found === null ? 'bytes' : 'mount' in found ? 'named' : found.route.audience;
    const origin = judgeOrigin(head, audience, settings);
    const account = options.openAccount({
      requestId,
      head,
      fileId: fileIdOf(found),
      pattern: found === null ? 'none' : 'mount' in found ? found.mount.path : found.route.pattern,
      kind: kindOf(head, found),
    });
    let leave = (): void => undefined;
    const arrival: Arrival = {
      requestId,
      baseUrl: baseUrlOf(head, settings.publicUrl),
      authenticate: once(async () => {
        const kind = isUpload(head, found) ? 'upload' : 'other';
        const entry = await enter(head, audience, kind, account.identified);
        leave = entry.leave;
        return entry.caller;
      }),
      failed: (code) => account.failed('graphql', code),
    };
    const visit = {
      requestId,
      account,
      headers: { 'X-Request-Id': requestId, ...origin.headers },
    };
    const answered = (answer: (exchange: Exchange) => Promise<Answer>): Visit => ({
      ...visit,
      target: { kind: 'route', answer: answerSafely(answer, requestId, logger, isGraphql) },
    });
    const refused = (error: unknown): Visit => answered(() => Promise.reject(error));

    try {
      checkHost(head, settings);
      if (audience === 'named' || audience === 'operators') checkDecided(head, settings);
      if (origin.refusal) throw origin.refusal;
    } catch (error) {
      return refused(error);
    }
    if (head.method === 'OPTIONS' && (found !== null || head.path === '*')) {
      const methods = found !== null && 'route' in found ? allowedMethods(found.route) : mountMethods;
      return answered(async () => preflightAnswer(head, methods));
    }
    if (found !== null && 'mount' in found) {
      return { ...visit, target: { kind: 'mount', ...found, arrival, leave: () => leave() } };
    }
    return answered(async (exchange) => {
      try {
        const { baseUrl } = arrival;
        const context: RequestContext = { requestId, baseUrl, caller: await arrival.authenticate() };
        if (found === null) throw new GridholdError('NOT_FOUND', 'No such route');
        return await handlerFor(found.route, head.method)(exchange, found.parameters, context);
      } finally {
        leave();
      }
    });
  };
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | null = null;
  return () => {
    result ??= work();
    return result;
  };
}

/** Errors become answers; the bytes of an answer begin before its status is told. */
export function answerSafely(
  answer: (exchange: Exchange) => Promise<Answer>,
  requestId: string,
  logger: Logger,
  isGraphql = false,
): (exchange: Exchange) => Promise<Answer> {
  return async (exchange) => {
    try {
      const given = await answer(exchange);
      if (given.body === null || given.body instanceof Uint8Array) return given;
      return { ...given, body: await begun(given.body) };
    } catch (error) {
      if (exchange.signal.aborted && !(error instanceof GridholdError)) {
        // What a client's leaving made fail is no fault, and nobody reads the answer.
        logger.debug({ requestId, err: error }, 'The client went away');
        return problemAnswer(new GridholdError('LENGTH_MISMATCH', 'The client went away'), requestId);
      }
      return problemAnswer(presentable(error, requestId, logger), requestId, isGraphql);
    }
  };
}

/** What a parser in front of us took is gone: what is left looks like a body that is empty, or no JSON. */
export function refuseReadBody(visit: Visit, logger: Logger): Visit {
  const refusal = new GridholdError(
    'INTERNAL_SERVER_ERROR',
    'The body was read before it came to Gridhold: mount Gridhold before what parses bodies',
  );
  const isGraphql = visit.target.kind === 'mount';
  const answer = answerSafely(() => Promise.reject(refusal), visit.requestId, logger, isGraphql);
  return { ...visit, target: { kind: 'route', answer } };
}

/** Whether its body may be a file: what may be under way at once is bounded. */
function isUpload(head: RequestHead, found: ReturnType<typeof findMount> | RouteMatch | null): boolean {
  if (head.method !== 'POST' && head.method !== 'PUT') return false;
  const isForm = /^\s*multipart\//i.test(head.header('content-type') ?? '');
  return found !== null && ('route' in found || isForm);
}

/** Of the routes, only those of bytes name a file; what else stands there may be anything. */
function fileIdOf(found: ReturnType<typeof findMount> | RouteMatch | null): string | null {
  if (found === null || !('route' in found) || found.route.audience !== 'bytes') return null;
  return found.parameters.find(isFileId) ?? null;
}

/** What takes its time: sending a file, or getting one. */
function kindOf(head: RequestHead, found: ReturnType<typeof findMount> | RouteMatch | null): RequestKind {
  if (isUpload(head, found)) return 'upload';
  const isOfBytes = found !== null && 'route' in found && found.route.audience === 'bytes';
  return isOfBytes && head.method === 'GET' ? 'download' : 'other';
}

function findMount(
  mounts: readonly Mount[],
  paths: readonly string[],
): { mount: Mount; path: string } | null {
  for (const path of paths) {
    const mount = mounts.find((one) => path === one.path || path.startsWith(`${one.path}/`));
    if (mount) return { mount, path };
  }
  return null;
}
