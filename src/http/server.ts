/**
 * The process's own server around an edge. Slow requests may last as long as they make progress (the edge bounds
 * silence); at the end, running transfers get their time, and idle connections none.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import pTimeout from 'p-timeout';
import type { Logger } from '../domain/logger.ts';
import { answerClientError } from './client-error.ts';
import { trackConnections } from './connections.ts';
import { expectContinue } from './expectations.ts';
import { refuseUnlessOneHost } from './host-header.ts';
import type { HttpEdge } from './http-edge.ts';
import { enterInFlight } from './in-flight.ts';

export interface StartServerOptions {
  readonly edge: Pick<HttpEdge, 'handleNode'>;
  readonly host: string;
  readonly port: number;
  readonly shutdownTimeoutMs: number;
  readonly logger: Logger;
  readonly limits?: Partial<ServerLimits>;
}

/** What connections may do before and between requests. */
export interface ServerLimits {
  /** From a request's first byte, or its connection's beginning, to the end of its headers. */
  readonly headersTimeoutMs: number;
  /** After an answer, until the next request begins. */
  readonly keepAliveMs: number;
  /** How often it is looked for connections whose time is over. */
  readonly checkEveryMs: number;
  readonly mostConnections: number;
}

export interface RunningServer {
  readonly address: { readonly host: string; readonly port: number };
  /** Where it is reached from this machine. */
  readonly url: string;
  /** Stops accepting, lets running transfers end within the time, breaks the rest. Safe to repeat. */
  stop(): Promise<void>;
}

const defaultLimits: ServerLimits = {
  headersTimeoutMs: 30_000,
  // Longer than load balancers keep idle connections (60 s), or they send into one that is being closed.
  keepAliveMs: 65_000,
  checkEveryMs: 5_000,
  mostConnections: 5_000,
};

/** Connections that the kernel has taken and we have not yet: node's 511 overflow in a burst. */
const mostWaiting = 4_096;
/** Beyond the time that transfers get: a few writes to a MongoDB that may be gone as well. */
const cleaningUpMs = 3_000;

/** @throws Error that says what to do where the address is taken or cannot be bound */
export async function startServer(options: StartServerOptions): Promise<RunningServer> {
  const { edge, logger, shutdownTimeoutMs } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const server = createServer({
    // Node's 300 s would end slow uploads that still make progress.
    requestTimeout: 0,
    headersTimeout: limits.headersTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: limits.checkEveryMs,
    requireHostHeader: false,
  });
  // A client that has sent its request and closed its sending half still gets its answer.
  Object.assign(server, { httpAllowHalfOpen: true });
  const connections = trackConnections(server, limits.mostConnections);

  const running = new Set<Promise<void>>();

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    connections.enter(request, response);
    if (refuseUnlessOneHost(request, response)) return;
    enterInFlight(request);
    const answering = edge
      .handleNode(request, response)
      .catch((error: unknown) => {
        logger.error({ err: error }, 'The edge failed');
        response.destroy();
      })
      .finally(() => running.delete(answering));
    running.add(answering);
  };
  server.on('request', handle);
  server.on('checkContinue', (request, response) => {
    expectContinue(response);
    handle(request, response);
  });
  // Other expectations than 100-continue may be ignored: RFC 9110, section 10.1.1.
  server.on('checkExpectation', handle);
  server.on('clientError', answerClientError);
  await listen(server, options);

  const { address: host, port } = addressOf(server);
  let stopped: Promise<void> | null = null;
  return {
    address: { host, port },
    url: `http://${reachableName(host)}:${port}`,
    stop() {
      stopped ??= connections.close(shutdownTimeoutMs).then(() => settled(running));
      return stopped;
    },
  };
}

/** What was cut lets go of the bytes that it had stored: else its upload URL would stay taken for a while. */
async function settled(running: ReadonlySet<Promise<void>>): Promise<void> {
  await pTimeout(Promise.all(running), { milliseconds: cleaningUpMs, fallback: () => [] });
}

function listen(server: Server, { host, port }: StartServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new Error(explain(error, host, port), { cause: error }));
    });
    server.listen({ host, port, backlog: mostWaiting }, resolve);
  });
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `PORT: ${port} on ${host} is taken by another process; stop that, or set PORT to another`;
    case 'EACCES':
      return `PORT: ${port} on ${host} is not allowed to this user; ports below 1024 need privileges`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `HOST: ${host} is no address of this machine`;
    default:
      return `HOST, PORT: cannot listen on ${host}:${port}: ${error.message}`;
  }
}

function addressOf(server: Server): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port');
  return address;
}

function reachableName(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
