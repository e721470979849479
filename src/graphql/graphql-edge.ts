/**
 * The GraphQL edge, put together: GraphiQL for browsers, and Yoga for everybody else, behind node:http or as a fetch
 * handler. `Host`, `Origin`, CORS and the draining of unread bytes are left to whoever mounts it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { createYoga } from 'graphql-yoga';
import type { Settings } from '../config/settings.ts';
import type { Logger } from '../domain/logger.ts';
import type { Arrival } from '../domain/request-context.ts';
import type { UseCases } from '../domain/use-cases.ts';
import { errorCodes } from '../errors/codes.ts';
import { GridholdError } from '../errors/gridhold-error.ts';
import { AnswerSize } from './answer-size.ts';
import type { ServerContext } from './context.ts';
import { boundedParseCache } from './document-cache.ts';
import { errorResponse } from './error-response.ts';
import { GraphqlExchange } from './exchange.ts';
import { answerGraphiql } from './graphiql/page.ts';
import { useAnswerLimit } from './plugins/use-answer-limit.ts';
import { useErrorTranslation } from './plugins/use-error-translation.ts';
import { useFallbackMediaType } from './plugins/use-fallback-media-type.ts';
import { useHiddenSchema } from './plugins/use-hidden-schema.ts';
import { useLimits } from './plugins/use-limits.ts';
import { type OperationListener, useOperationCount } from './plugins/use-operation-count.ts';
import { useRequestReading } from './plugins/use-request-reading.ts';
import { useUploads } from './plugins/use-uploads.ts';
import { schema } from './schema/index.ts';
import { sendResponse } from './send-response.ts';

const path = '/graphql';

export interface GraphqlEdge {
  readonly path: typeof path;
  handleNode(request: IncomingMessage, response: ServerResponse, arrival: Arrival): Promise<void>;
  fetch(request: Request, arrival: Arrival): Promise<Response>;
}

export interface GraphqlEdgeOptions {
  readonly useCases: UseCases;
  readonly settings: Pick<Settings, 'maxUploadBytes' | 'introspection' | 'graphiql'>;
  readonly logger: Logger;
  /** Told of each operation that is executed. */
  readonly onOperation?: OperationListener | undefined;
}

export function createGraphqlEdge(options: GraphqlEdgeOptions): GraphqlEdge {
  const { useCases, settings, logger, onOperation } = options;
  const yoga = createYoga<ServerContext>({
    schema,
    /** In the order of a request's steps. */
    plugins: [
      useRequestReading(settings),
      useLimits(),
      useAnswerLimit(),
      ...(settings.introspection ? [] : [useHiddenSchema()]),
      ...(onOperation ? [useOperationCount(onOperation)] : []),
      useUploads(),
      useErrorTranslation({ log: logger, suggests: settings.introspection }),
      useFallbackMediaType(),
    ],
    // Any finite limit makes Yoga buffer uploads; its multipart parser keeps whole files in memory.
    maxRequestBodySize: false,
    multipart: false,
    batching: { limit: 10 },
    parserAndValidationCache: boundedParseCache(),
    maskedErrors: false,
    fetchAPI: { Response: globalThis.Response },
    logging: false,
    cors: false,
    graphiql: false,
    landingPage: false,
    // The mount knows the path; no URL holds a space, so none is the health check's.
    graphqlEndpoint: '/*',
    healthCheckEndpoint: ' ',
  });

  async function answer(
    head: { readonly method: string; readonly path: string; readonly accept: string },
    arrival: Arrival,
    exchange: GraphqlExchange,
    departed: AbortSignal,
    run: (context: ServerContext) => Promise<Response> | Response,
  ): Promise<Response> {
    try {
      const graphiql = settings.graphiql && (await answerGraphiql(head.method, head.path, head.accept));
      if (graphiql) return graphiql;
      if (head.path !== path && head.path !== `${path}/`)
        return refusal(new GridholdError('NOT_FOUND', 'No such route'), arrival);
      // Before a byte of the body is read: files of a multipart request are stored as they come.
      const caller = await arrival.authenticate();
      const { requestId, baseUrl, failed } = arrival;
      const answerSize = new AnswerSize();
      const server = { requestId, baseUrl, caller, useCases, exchange, departed, answerSize, failed };
      return completed(await run(server));
    } catch (error) {
      if (error instanceof GridholdError) {
        const { code, message, status } = error;
        if (status >= 500) logger.warn({ requestId: arrival.requestId, code, err: error }, message);
        return refusal(error, arrival);
      }
      logger.error({ requestId: arrival.requestId, err: error }, 'A GraphQL request failed');
      const fault = new GridholdError('INTERNAL_SERVER_ERROR', errorCodes.INTERNAL_SERVER_ERROR.title);
      return refusal(fault, arrival);
    } finally {
      await exchange.end();
    }
  }

  return {
    path,
    async handleNode(request, response, arrival) {
      const { method = 'GET', url = path, headers } = request;
      const head = { method, path: pathOf(url), accept: headers.accept ?? '' };
      const exchange = new GraphqlExchange(() => request);
      const run = (server: ServerContext) => yoga.handleNodeRequestAndResponse(request, response, server);
      const departed = departureOf(response.destroyed, (leave) => response.once('close', leave));
      await sendResponse(response, await answer(head, arrival, exchange, departed, run));
    },
    async fetch(request, arrival) {
      const head = {
        method: request.method,
        path: new URL(request.url).pathname,
        accept: request.headers.get('accept') ?? '',
      };
      const departed = departureOf(request.signal.aborted, (leave) =>
        request.signal.addEventListener('abort', leave, { once: true }),
      );
      const exchange = new GraphqlExchange(
        () => bodyOf(request, departed),
        (body) => body.destroy(),
      );
      // Not `yoga.fetch`, which does not wait for what it began when the request is aborted.
      return await answer(head, arrival, exchange, departed, (server) => yoga.handleRequest(request, server));
    },
  };
}

function refusal(error: GridholdError, { requestId, failed }: Arrival): Response {
  failed(error.code);
  return errorResponse(error, requestId);
}

/** The reason is no fault of ours: nothing is to be logged, and nobody reads it. */
function departureOf(isGone: boolean, listen: (leave: () => void) => void): AbortSignal {
  const controller = new AbortController();
  const leave = (): void => controller.abort(new GridholdError('LENGTH_MISMATCH', 'The client went away'));
  if (isGone) leave();
  else listen(leave);
  return controller.signal;
}

/** How an answer is framed is its connection's: Yoga says `Transfer-Encoding` where the length is known by then. */
function completed(response: Response): Response {
  for (const name of ['Connection', 'Transfer-Encoding', 'Content-Length']) response.headers.delete(name);
  // What is answered is the caller's, and may hold signed URLs.
  if (!response.headers.has('Cache-Control')) response.headers.set('Cache-Control', 'no-store');
  return response;
}

function pathOf(target: string): string {
  return target.split('?', 1)[0] ?? target;
}

/** Not every frame ends the body of a request that it aborts: whoever reads would wait for ever. */
function bodyOf({ body }: Request, signal: AbortSignal): Readable {
  return body === null ? Readable.from([]) : Readable.fromWeb(body as NodeReadableStream, { signal });
}
