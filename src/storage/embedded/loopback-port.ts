/** Ports of 127.0.0.1. A port that was free may be taken a moment later: whoever listens must be asked who it is. */
import { connect, createServer, type Socket } from 'node:net';

const address = '127.0.0.1';

/** The wanted port where it is free, else one that the system picks. */
export async function freeLoopbackPort(wanted: number | null): Promise<number> {
  const port = wanted === null ? null : await tryPort(wanted);
  return port ?? (await tryPort(0)) ?? Promise.reject(new Error(`no port of ${address} is free`));
}

function tryPort(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen({ host: address, port, exclusive: true }, () => {
      const bound = server.address();
      server.close(() => resolve(typeof bound === 'object' && bound !== null ? bound.port : null));
    });
  });
}

/** A connection to whatever listens, or null. The caller must end it. */
export function connectLoopback(port: number, timeoutMs: number): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const timer = setTimeout(() => socket.destroy(new Error('timed out')), timeoutMs);
    socket.once('connect', () => {
      clearTimeout(timer);
      resolve(socket);
    });
    socket.on('error', () => {
      clearTimeout(timer);
      resolve(null);
    });
  });
}
