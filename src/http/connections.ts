/**
 * Which connections carry a request, so that the others can be closed at once when the server stops. node's own
 * `closeIdleConnections` leaves those open on which nothing has been sent yet, such as a browser's spare ones.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface Connections {
  enter(request: IncomingMessage, response: ServerResponse): void;
  /** Resolves when every connection is closed. */
  close(timeoutMs: number): Promise<void>;
}

export function trackConnections(server: Server): Connections {
  /** The requests under way on each. */
  const open = new Map<Socket, number>();
  let isClosing = false;

  server.on('connection', (socket: Socket) => {
    if (!open.has(socket)) open.set(socket, 0);
    socket.once('close', () => open.delete(socket));
  });

  function leave(socket: Socket): void {
    const count = open.get(socket);
    if (count === undefined) return;
    open.set(socket, count - 1);
    if (isClosing && count <= 1) socket.destroySoon();
  }

  return {
    enter({ socket }, response) {
      open.set(socket, (open.get(socket) ?? 0) + 1);
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
