/**
 * The GraphQL edge, put together: GraphiQL for browsers, and Yoga for everybody else, behind node:http or as a fetch
 * handler. `Host`, `Origin`, CORS and the draining of unread bytes are left to who mounts it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { createYoga } from 'graphql-yoga';
import type { Settings } from '../config/settings.ts';
import type { RequestContext } from '../domain/request-context.ts';
import type { UseCases } from '../domain/use-cases.ts';
import type { GridholdError } from '../errors/gridhold-error.ts';
import type { ServerContext } from './context.ts';
import { boundedParseCache } from './document-cache.ts';
import { errorResponse, refusal, type WholeAnswer } from './error-response.ts';
import { GraphqlExchange } from './exchange.ts';
import { answerGraphiql } from './graphiql/page.ts';
import { useErrorTranslation } from './plugins/use-error-translation.ts';
import { useFallbackMediaType } from './plugins/use-fallback-media-type.ts';
import { useLimits } from './plugins/use-limits.ts';
import { useRequestReading } from './plugins/use-request-reading.ts';
import { useUploads } from './plugins/use-uploads.ts';
import { schema } from './schema/index.ts';
import { sendResponse } from './send-response.ts';
import type { ErrorLog } from './translate-error.ts';

const path = '/graphql';

export interface GraphqlEdge {
  readonly path: typeof path;
  handleNode(request: IncomingMessage, response: ServerResponse, context: RequestContext): Promise<void>;
  fetch(request: Request, context: RequestContext): Promise<Response>;
  /** For who mounts it, where a request was not let in. */
  refusal(error: GridholdError, requestId: string): WholeAnswer;
}

export interface GraphqlEdgeOptions {
  readonly useCases: UseCases;
  readonly settings: Pick<Settings, 'cdnUrl' | 'maxUploadBytes'>;
  readonly logger: ErrorLog;
}

export function createGraphqlEdge({ useCases, settings, logger }: GraphqlEdgeOptions): GraphqlEdge {
  const yoga = createYoga<ServerContext>({
    schema,
    /** In the order of a request's steps. */
    plugins: [
      useRequestReading(settings),
      useLimits(),
      useUploads(),
      useErrorTranslation(logger),
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
    context: RequestContext,
    exchange: GraphqlExchange,
    run: (context: ServerContext) => Promise<Response> | Response,
  ): Promise<Response> {
    try {
      const graphiql = await answerGraphiql(head.method, head.path, head.accept);
      if (graphiql) return graphiql;
      if (head.path !== path && head.path !== `${path}/`)
        return errorResponse('NOT_FOUND', context.requestId);
      return unframed(await run({ ...context, useCases, cdnUrl: settings.cdnUrl, exchange }));
    } catch (error) {
      logger.error({ requestId: context.requestId, err: error }, 'A GraphQL request failed');
      return errorResponse('INTERNAL_SERVER_ERROR', context.requestId);
    } finally {
      await exchange.end();
    }
  }

  return {
    path,
    refusal,
    async handleNode(request, response, context) {
      const { method = 'GET', url = path, headers } = request;
      const head = { method, path: pathOf(url), accept: headers.accept ?? '' };
      const exchange = new GraphqlExchange(() => request);
      const run = (server: ServerContext) => yoga.handleNodeRequestAndResponse(request, response, server);
      await sendResponse(response, await answer(head, context, exchange, run));
    },
    async fetch(request, context) {
      const head = {
        method: request.method,
        path: new URL(request.url).pathname,
        accept: request.headers.get('accept') ?? '',
      };
      const exchange = new GraphqlExchange(
        () => bodyOf(request),
        (body) => body.destroy(),
      );
      // Not `yoga.fetch`, which does not wait for what it began when the request is aborted.
      return await answer(head, context, exchange, (server) => yoga.handleRequest(request, server));
    },
  };
}

/** How an answer is framed is its connection's: Yoga says `Transfer-Encoding` where the length is known by then. */
function unframed(response: Response): Response {
  for (const name of ['Connection', 'Transfer-Encoding', 'Content-Length']) response.headers.delete(name);
  return response;
}

function pathOf(target: string): string {
  return target.split('?', 1)[0] ?? target;
}

function bodyOf(request: Request): Readable {
  return request.body === null ? Readable.from([]) : Readable.fromWeb(request.body as NodeReadableStream);
}
