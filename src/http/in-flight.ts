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

/** The last one that came: what can't be parsed is its. */
const bySocket = new WeakMap<Duplex, InFlight>();
/** One that waits for those before it on its connection is answered long after it came. */
const byRequest = new WeakMap<IncomingMessage, InFlight>();

/** The connection carries this request now. To be called as soon as it is known. */
export function enterInFlight(request: IncomingMessage): InFlight {
  const known = byRequest.get(request);
  if (known) return known;
  const inFlight: InFlight = { request, fail: null, error: null };
  byRequest.set(request, inFlight);
  bySocket.set(request.socket, inFlight);
  return inFlight;
}

/** `fail` is told, at once where it happened already. Returns what ends that. */
export function onInFlightError(request: IncomingMessage, fail: (error: Error) => void): () => void {
  const inFlight = enterInFlight(request);
  inFlight.fail = fail;
  if (inFlight.error) fail(inFlight.error);
  return () => {
    if (bySocket.get(request.socket) === inFlight) bySocket.delete(request.socket);
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
