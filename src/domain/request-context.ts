import type { Caller } from './model.ts';

/** What an edge knows about the request at hand, made once by the HTTP edge and passed on. */
export interface RequestContext {
  /** In every log line and error of the request; sent back as `X-Request-Id`. */
  readonly requestId: string;
  /** Origin and path prefix for URLs that go to this client, without a trailing slash. */
  readonly baseUrl: string;
  readonly caller: Caller;
}
