/**
 * Which request is under way on a connection. node:http tells of a body that is cut short (a client that closed its sending
 * half) or malformed by an event on the server, with the socket only; the request itself would wait for ever.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

interface InFlight {
  readonly request: IncomingMessage;
  fail: ((error: Error) => void) | null;
  /** What happened before anybody could be told. */
  error: Error | null;
}

const bySocket = new WeakMap<Duplex, InFlight>();

/** The connection carries this request now. To be called as soon as it is known. */
export function enterInFlight(request: IncomingMessage): void {
  if (bySocket.get(request.socket)?.request === request) return;
  bySocket.set(request.socket, { request, fail: null, error: null });
}

/** `fail` is told, at once where it happened already. Returns what ends that. */
export function onInFlightError(request: IncomingMessage, fail: (error: Error) => void): () => void {
  enterInFlight(request);
  const inFlight = bySocket.get(request.socket);
  if (inFlight) {
    inFlight.fail = fail;
    if (inFlight.error) fail(inFlight.error);
  }
  return () => {
    if (inFlight && bySocket.get(request.socket) === inFlight) bySocket.delete(request.socket);
  };
}

/** False where the connection carries no request. */
export function failInFlight(socket: Duplex, error: Error): boolean {
  const inFlight = bySocket.get(socket);
  if (!inFlight) return false;
  if (inFlight.fail) inFlight.fail(error);
  else inFlight.error ??= error;
  return true;
}
