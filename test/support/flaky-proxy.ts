/**
 * An HTTP proxy in front of a real service that fails as networks and other people's proxies do, over real sockets, and
 * remembers what came over the wire. Upload URLs name it too: the service makes them from the request's Host.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** Of the body, so far. */
  bytes: number;
  /** Of a GraphQL request, once it has come. */
  text: string;
  isOver: boolean;
}

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly seen: SeenRequest;
  readonly upstream: string;
}

export type Fault = (exchange: Exchange) => void;

export type Kind = 'graphql' | 'upload';

export interface FlakyProxy {
  readonly url: string;
  readonly requests: SeenRequest[];
  /** Those of one kind. */
  seen(kind: Kind): SeenRequest[];
  /** What becomes of the next requests of this kind; those after them pass. */
  failNext(kind: Kind, ...faults: readonly Fault[]): void;
  close(): Promise<void>;
}

const open = new Set<FlakyProxy>();

// At the top of the module: registered inside a hook or a test it would not run.
afterAll(async () => {
  await Promise.all([...open].map((proxy) => proxy.close()));
});

/** Ends with the test file. @param port a free one where it is 0 */
export async function startFlakyProxy(upstream: string, port = 0): Promise<FlakyProxy> {
  const faults: Record<Kind, Fault[]> = { graphql: [], upload: [] };
  const requests: SeenRequest[] = [];
  const kindOf = (path: string): Kind => (path.startsWith('/graphql') ? 'graphql' : 'upload');
  const server = createServer({ requestTimeout: 0 }, (incoming, response) => {
    const { method = '', url: path = '', headers } = incoming;
    const seen: SeenRequest = { method, path, headers, bytes: 0, text: '', isOver: false };
    requests.push(seen);
    incoming.on('error', () => undefined);
    response.on('error', () => undefined);
    response.once('close', () => {
      seen.isOver = true;
    });
    const fault = (method === 'POST' ? faults[kindOf(path)].shift() : undefined) ?? pass;
    fault({ request: incoming, response, seen, upstream });
  });
  server.listen({ host: '127.0.0.1', port });
  await once(server, 'listening');
  const { port: opened } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  const proxy: FlakyProxy = {
    url: `http://127.0.0.1:${opened}`,
    requests,
    seen: (kind) => requests.filter(({ path, method }) => method === 'POST' && kindOf(path) === kind),
    failNext(kind, ...next) {
      faults[kind].push(...next);
    },
    close,
  };
  open.add(proxy);
  return proxy;
}

export const pass: Fault = (exchange) => {
  forward(exchange, (answer) => {
    exchange.response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(exchange.response);
  });
};

/** Nothing comes of it: the connection is reset at once. */
export const reset: Fault = ({ request: incoming }) => {
  incoming.socket.resetAndDestroy();
};

/** The service does it all, and its answer never arrives. */
export const loseAnswer: Fault = ({ request: incoming, ...rest }) => {
  forward({ request: incoming, ...rest }, (answer) => {
    answer.resume();
    answer.once('end', () => incoming.socket.resetAndDestroy());
  });
};

/** The connection breaks on both sides in the midst of the body. */
export function cutAfter(bytes: number): Fault {
  return (exchange) => {
    const sending = forward(exchange, () => undefined);
    exchange.request.on('data', () => {
      if (exchange.seen.bytes < bytes) return;
      sending.destroy();
      exchange.request.socket.resetAndDestroy();
    });
  };
}

/** Somebody on the way answers instead of the service, when the body has come. */
export function answerWith(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Fault {
  return ({ request: incoming, response, seen }) => {
    count(incoming, seen);
    incoming.once('end', () => response.writeHead(status, headers).end(body));
  };
}

/** Takes the request and says nothing. */
export const hold: Fault = ({ request: incoming, seen }) => {
  count(incoming, seen);
};

/** Takes the head, and not one byte of what follows. */
export const stall: Fault = ({ request: incoming }) => {
  incoming.pause();
};

function count(incoming: IncomingMessage, seen: SeenRequest): void {
  const isText = seen.path.startsWith('/graphql');
  incoming.on('data', (bytes: Buffer) => {
    seen.bytes += bytes.byteLength;
    if (isText) seen.text += bytes.toString();
  });
}

function forward(
  { request: incoming, response, seen, upstream }: Exchange,
  onAnswer: (answer: IncomingMessage) => void,
): ReturnType<typeof request> {
  const { method, headers } = incoming;
  const sending = request(new URL(seen.path, upstream), { method: method ?? 'GET', headers, agent: false });
  sending.on('response', onAnswer);
  sending.on('error', () => incoming.socket.destroy());
  response.once('close', () => {
    if (!response.writableFinished) sending.destroy();
  });
  count(incoming, seen);
  incoming.pipe(sending);
  return sending;
}
