/**
 * An HTTP server on loopback, for pages of its own, with a list of routes. It listens before it has them, because URLs
 * that are made for clients name its port; requests that come in between wait.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { refusalOfHost, refusalOfOrigin } from './foreign-requests.ts';
import { ExampleError } from './run-server.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

export interface Route {
  /** Exact, or with a trailing `/` everything below. It is compared as the client sent it, without the query. */
  readonly path: string;
  /** Default: all; what they refuse is the handler's. */
  readonly methods?: readonly string[];
  /** Pages of any origin may change something by it: it has rules of its own, as Gridhold's routes do. */
  readonly isForAllOrigins?: boolean;
  readonly handle: Handler;
}

export interface WebServer {
  /** Such as `http://localhost:3000`. */
  readonly url: string;
  /**
   * The first that matches answers.
   * @param origins of pages that may change something, beside its own
   */
  serve(routes: readonly Route[], origins?: readonly string[]): void;
  /** Lets running requests end, within a bound. */
  close(): Promise<void>;
}

const longestCloseMs = 3_000;

/**
 * @param key of the setting that names the port, for the words where it is taken
 * @throws ExampleError
 */
export async function openWebServer(port: number, key = 'PORT'): Promise<WebServer> {
  let serve: WebServer['serve'] = () => undefined;
  const served = new Promise<Served>((resolve) => {
    serve = (routes, origins = []) => resolve({ routes, origins });
  });
  const server = createServer(async (request, response) => {
    try {
      await handlerOf(await served, request)(request, response);
    } catch (error) {
      process.stderr.write(`${String(error)}\n`);
      if (response.headersSent) response.destroy();
      else answer(response, 500, 'Something failed that should not have');
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE';
      reject(isTaken ? new ExampleError(`Port ${port} is taken. ${key}=0 takes a free one.`) : error);
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    url: `http://localhost:${typeof address === 'object' && address !== null ? address.port : port}`,
    serve,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      const late = setTimeout(() => server.closeAllConnections(), longestCloseMs);
      server.closeIdleConnections();
      await closed;
      clearTimeout(late);
    },
  };
}

interface Served {
  readonly routes: readonly Route[];
  readonly origins: readonly string[];
}

function handlerOf({ routes, origins }: Served, request: IncomingMessage): Handler {
  const refuse = (words: string): Handler => {
    return (_, response) => answer(response, 403, words);
  };
  const foreignHost = refusalOfHost(request);
  if (foreignHost !== null) return refuse(foreignHost);
  const path = request.url?.split('?', 1)[0] ?? '/';
  const matches = routes.filter(
    (one) => one.path === path || (one.path.endsWith('/') && path.startsWith(one.path)),
  );
  const route = matches.find(({ methods }) => methods?.includes(request.method ?? '') ?? true);
  const foreignOrigin = route?.isForAllOrigins ? null : refusalOfOrigin(request, origins);
  if (foreignOrigin !== null) return refuse(foreignOrigin);
  if (route) return route.handle;
  const [nearest] = matches;
  if (!nearest) return (_, response) => answer(response, 404, 'There is nothing at this address');
  const allow = matches
    .filter(({ path }) => path === nearest.path)
    .flatMap(({ methods = [] }) => methods)
    .join(', ');
  return (_, response) => answer(response.setHeader('allow', allow), 405, `This address takes ${allow}`);
}

function answer(response: ServerResponse, status: number, words: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${words}\n`);
}
