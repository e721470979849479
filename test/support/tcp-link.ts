/** A network between a client and a server, in which answers can be held up: a relay of TCP connections. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterAll } from 'vitest';

export interface TcpLink {
  /** The server's, as seen from here: `http://127.0.0.1:…`. */
  readonly url: string;
  /** From now on the answers to requests that begin like this (`POST /upload/`) are held up. */
  holdAnswersTo(requestLine: string): void;
  /** What was held up goes on. */
  release(): void;
  /** From now on the connection breaks at a request that has this in it; null: at none. */
  breakAt(text: string | null): void;
}

const closers: (() => void)[] = [];

// At the top of the module: registered inside a hook or a test it would not run.
afterAll(() => {
  for (const close of closers) close();
});

/** @param target the server's URL */
export async function openTcpLink(target: string): Promise<TcpLink> {
  const { hostname, port } = new URL(target);
  const held = new Set<Socket>();
  const open = new Set<Socket>();
  let heldBeginning: string | null = null;
  let breaking: string | null = null;
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        open.delete(socket);
        held.delete(socket);
        other.destroy();
      });
    }
    client.on('data', (bytes) => {
      if (breaking !== null && bytes.includes(breaking)) {
        client.destroy();
        return;
      }
      if (heldBeginning !== null && bytes.toString('latin1').startsWith(heldBeginning)) {
        held.add(upstream);
        upstream.pause();
      }
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => client.write(bytes));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    holdAnswersTo(requestLine) {
      heldBeginning = requestLine;
    },
    release() {
      heldBeginning = null;
      for (const socket of held) socket.resume();
      held.clear();
    },
    breakAt(text) {
      breaking = text;
    },
  };
}
