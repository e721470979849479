/**
 * Which connections carry a request, so that the others can be closed at once: when the server stops, or when there are
 * too many. node's own `closeIdleConnections` leaves those open on which nothing has been sent yet, such as a browser's
 * spare ones, and its `maxConnections` turns away whoever comes last, which is what a flood of idle ones wants.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface Connections {
  enter(request: IncomingMessage, response: ServerResponse): void;
  /** Resolves when every connection is closed. */
  close(timeoutMs: number): Promise<void>;
}

/** @param mostConnections above it, the one that has carried no request for longest makes room for the next */
export function trackConnections(server: Server, mostConnections: number): Connections {
  /** The requests under way on each. */
  const open = new Map<Socket, number>();
  /** Those without any, longest first: also such as have sent half a request's headers. */
  const idle = new Set<Socket>();
  let isClosing = false;

  server.on('connection', (socket: Socket) => {
    if (!open.has(socket)) {
      open.set(socket, 0);
      idle.add(socket);
    }
    socket.once('close', () => {
      open.delete(socket);
      idle.delete(socket);
    });
    if (open.size > mostConnections) makeRoom();
  });

  /** Where all others carry requests, the one that has just come is the only idle one. */
  function makeRoom(): void {
    const [longest] = idle;
    if (!longest) return;
    idle.delete(longest);
    open.delete(longest);
    longest.destroy();
  }

  function leave(socket: Socket): void {
    const count = open.get(socket);
    if (count === undefined) return;
    open.set(socket, count - 1);
    if (count > 1) return;
    idle.add(socket);
    if (isClosing) socket.destroySoon();
  }

  return {
    enter({ socket }, response) {
      open.set(socket, (open.get(socket) ?? 0) + 1);
      idle.delete(socket);
      response.once('close', () => leave(socket));
    },
    async close(timeoutMs) {
      isClosing = true;
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      for (const [socket, count] of open) if (count === 0) socket.destroy();
      const timer = setTimeout(() => {
        for (const socket of open.keys()) socket.destroy();
      }, timeoutMs);
      await closed;
      clearTimeout(timer);
    },
  };
}
