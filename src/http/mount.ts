/**
 * How another edge is plugged in below this one: GraphQL, without either knowing the other. Before a mount is called,
 * `Host` and `Origin` are checked, preflights are answered, and the headers of CORS and the request ID are set. Media
 * types, CSRF, methods and errors are the mount's own.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestContext } from '../domain/request-context.ts';
import type { GridholdError } from '../errors/gridhold-error.ts';

export interface Mount {
  /** `/graphql`: it gets this path and everything below it, without the public prefix. */
  readonly path: string;
  /** Nobody has read the request. Bytes that are left unread are drained within a bound afterwards. */
  handleNode(request: IncomingMessage, response: ServerResponse, context: RequestContext): Promise<void>;
  fetch(request: Request, context: RequestContext): Promise<Response>;
  /** An error of ours in the mount's own form, where a request was not let in. */
  refusal(error: GridholdError, requestId: string): Refusal;
}

export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}
