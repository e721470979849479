/**
 * How another edge is plugged in below this one: GraphQL, without either knowing the other. Before a mount is called,
 * `Host` and `Origin` are checked, preflights are answered, and the headers of CORS and the request ID are set. The
 * mount itself asks who the caller is, so that a refusal takes its form. Media types, CSRF, methods and errors are the mount's own.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Arrival } from '../domain/request-context.ts';

export interface Mount {
  /** `/graphql`: it gets this path and everything below it, without the public prefix. */
  readonly path: string;
  /**
   * Nobody has read the request. The answer is written whole, with its `Content-Length`, and not ended: that is done once
   * the bytes that were left unread are drained within a bound, or a client that still sends would lose the answer.
   */
  handleNode(request: IncomingMessage, response: ServerResponse, arrival: Arrival): Promise<void>;
  fetch(request: Request, arrival: Arrival): Promise<Response>;
}
