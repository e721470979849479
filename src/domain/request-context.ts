/**
 * What an edge knows of a request beyond its content. Here and not in an edge, because both edges need the words, and
 * neither may know the other.
 */
import type { Caller } from './model.ts';

/** A request before it is known who asks, made once by the HTTP edge and passed on. */
export interface Arrival {
  /** In every log line and error of the request; sent back as `X-Request-Id`. */
  readonly requestId: string;
  /** Origin and path prefix for URLs that go to this client, without a trailing slash. */
  readonly baseUrl: string;
  /**
   * Who asks, let in: to be called before the body is read. The same promise for every call.
   * @throws UNAUTHENTICATED, FETCH_FAILED, RATE_LIMITED
   */
  authenticate(): Promise<Caller>;
  /** An error that the client is told: for the log and the counts. */
  failed(code: string): void;
}

/** What an edge knows about the request at hand. */
export interface RequestContext extends Pick<Arrival, 'requestId' | 'baseUrl'> {
  readonly caller: Caller;
}
