/**
 * Pipelined requests (RFC 9112, section 9.3.2) are answered one after another, and each is begun in its turn: node:http
 * hands all of them over at once. An answer that is begun behind another keeps its bytes in memory, as many as were
 * read, and where the connection ends before its turn, nothing tells it so: it would wait, with all that it holds, for
 * as long as the process lives.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What is to be called when the connection ends. One listener for all: a client may send hundreds at once. */
const waiting = new WeakMap<Socket, Set<() => void>>();

/** Null: it is its turn. @returns whether it comes; false where the connection ends before */
export function awaitTurn(request: IncomingMessage, response: ServerResponse): Promise<boolean> | null {
  const { socket } = request;
  if (response.socket !== null || response.writableEnded || socket.destroyed) return null;
  return new Promise((resolve) => {
    const all = waitingOn(socket);
    const gone = (): void => resolve(false);
    all.add(gone);
    response.once('socket', () => {
      all.delete(gone);
      resolve(true);
    });
  });
}

function waitingOn(socket: Socket): Set<() => void> {
  const known = waiting.get(socket);
  if (known) return known;
  const all = new Set<() => void>();
  waiting.set(socket, all);
  socket.once('close', () => {
    for (const gone of all) gone();
  });
  return all;
}
