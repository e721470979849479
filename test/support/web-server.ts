/** A web server of the test's own on loopback: pages by path, a note of everything asked for, the rest passed on. */
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { afterAll } from 'vitest';

export interface WebServer {
  readonly port: number;
  /** Method and path of every request, in their order. */
  readonly asked: readonly string[];
}

const closers: (() => void)[] = [];

// At the top of the module: registered inside a hook or a test it would not run.
afterAll(() => {
  for (const close of closers) close();
});

/** @param behind the service that has what is no page of ours: one origin for both, as in an app that mounts Gridhold */
export async function startWebServer(
  pages: Readonly<Record<string, string>>,
  behind: string | null = null,
): Promise<WebServer> {
  const asked: string[] = [];
  const server = createServer((incoming, answer) => {
    const target = incoming.url ?? '/';
    asked.push(`${incoming.method} ${target}`);
    const page = pages[target];
    if (page !== undefined || behind === null) {
      answer.writeHead(page === undefined ? 404 : 200, { 'content-type': 'text/html; charset=utf-8' });
      answer.end(page ?? '');
      return;
    }
    const { method, headers } = incoming;
    const passed = request(new URL(target, behind), { method, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    incoming.pipe(passed);
  }).listen(0, '127.0.0.1');
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('No port');
  return { port: address.port, asked };
}
