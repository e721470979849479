/** Third parties of the tests' own: an HTTP server that does as it is told, and a canary that nobody may touch. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { resolve } from 'node:path';
import { afterAll } from 'vitest';

const closers: (() => void)[] = [];

// At the top of the module: registered inside a hook or a test it would not run.
afterAll(() => {
  for (const close of closers) close();
});

export interface ThirdParty {
  readonly port: number;
  /** Such as `http://127.0.0.1:39211`. */
  readonly url: string;
  /** What it was asked: `GET /path`, in order. */
  readonly asked: string[];
}

export async function openThirdParty(answer: RequestListener, host = '127.0.0.1'): Promise<ThirdParty> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.on('error', () => undefined);
    answer(request, response);
  });
  const port = await listening(server, host);
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port, url: `http://${host}:${port}`, asked };
}

export const certificatePath = resolve(import.meta.dirname, 'tls/certificate.pem');

/** By TLS, with a certificate for `localhost` that nobody knows unless NODE_EXTRA_CA_CERTS names it. */
export async function openSecureThirdParty(answer: RequestListener): Promise<{ readonly port: number }> {
  const key = readFileSync(resolve(import.meta.dirname, 'tls/key.pem'));
  const server = createTlsServer({ key, cert: readFileSync(certificatePath) }, answer);
  const port = await listening(server, '127.0.0.1');
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port };
}

/** Speaks bytes, where a server of HTTP would not say what the test wants said. */
export async function openRawThirdParty(answer: string): Promise<{ readonly url: string }> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(answer, 'latin1'));
  });
  const port = await listening(server, '127.0.0.1');
  closers.push(() => server.close());
  return { url: `http://127.0.0.1:${port}` };
}

export interface Canary {
  readonly port: number;
  /** Of all that reached this machine at its port, by whatever address. */
  connections(): number;
}

/** Listens on all addresses of this machine, of both families. */
export async function openCanary(): Promise<Canary> {
  let connections = 0;
  const server = createTcpServer((socket) => {
    connections += 1;
    socket.on('error', () => undefined);
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ninside');
  });
  const port = await listening(server, '::');
  closers.push(() => server.close());
  return { port, connections: () => connections };
}

export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function listening(server: Server | TcpServer, host: string): Promise<number> {
  server.listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('Not listening');
  return address.port;
}
