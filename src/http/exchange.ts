/**
 * One request and its answer, as the routes see them: the same whether they came through node:http or as a fetch
 * Request. How bytes get in and out is left to the adaptors.
 */
import type { RequestContext } from '../domain/request-context.ts';
import type { ErrorCode } from '../errors/codes.ts';

/** What is known before any byte of the body. */
export interface RequestHead {
  /** Upper case, as sent. */
  readonly method: string;
  /** As sent: not decoded, without the query. */
  readonly path: string;
  /** With the leading `?`, or empty. */
  readonly search: string;
  /** The authority that the client asked: the target's where it has one, else the `Host` header; null without either. */
  readonly host: string | null;
  readonly scheme: 'http' | 'https';
  /** Who is connected to us, perhaps a proxy; null where that is no IP address, or a frame did not tell. */
  readonly peerAddress: string | null;
  /** Lines of one name are joined by `, `. Null where there is none. */
  header(name: string): string | null;
}

/** The body of a request, of which nothing is read before it is asked for. */
export interface RequestBody {
  /** `Content-Length`; null where the client did not tell. */
  readonly length: number | null;
  /**
   * Asks the client for its bytes (`100 Continue` goes out with the first read). Once per request. Throws
   * LENGTH_MISMATCH where the body breaks off, REQUEST_TIMEOUT where it stalls: a clean end is a whole body. Ending the
   * iteration early leaves the rest to be drained by the adaptor.
   */
  open(): AsyncIterable<Uint8Array>;
}

export interface Exchange extends RequestHead {
  readonly query: URLSearchParams;
  readonly body: RequestBody;
  /** Aborted when the client goes away before its answer is complete. */
  readonly signal: AbortSignal;
}

/** Names in their usual spelling: each at most once. */
export type AnswerHeaders = Readonly<Record<string, string>>;

export interface Answer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /**
   * An iterable needs a `Content-Length` among the headers, and must deliver exactly as much or throw: what throws
   * midway breaks the connection.
   */
  readonly body: Uint8Array | AsyncIterable<Uint8Array> | null;
  /** Of an error, whatever form it has: for the log and the counts. */
  readonly code?: ErrorCode;
}

/** Answers, or throws what becomes a problem document (RFC 9457). */
export type RouteHandler = (
  exchange: Exchange,
  parameters: readonly string[],
  context: RequestContext,
) => Promise<Answer>;

const encoder = new TextEncoder();

export function jsonAnswer(status: number, value: unknown, headers: AnswerHeaders = {}): Answer {
  return {
    status,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers },
    body: encoder.encode(`${JSON.stringify(value)}\n`),
  };
}

export function textAnswer(
  status: number,
  contentType: string,
  text: string,
  headers: AnswerHeaders,
): Answer {
  return { status, headers: { 'Content-Type': contentType, ...headers }, body: encoder.encode(text) };
}

/** Whether the body is told by the headers to be there: RFC 9112, section 6.3. */
export function announcesBody(head: RequestHead): boolean {
  return head.header('transfer-encoding') !== null || (announcedLength(head) ?? 0) > 0;
}

/** node:http has refused malformed lengths already; a fetch Request may carry anything. */
export function announcedLength(head: RequestHead): number | null {
  const text = head.header('content-length');
  return text !== null && /^\d+$/.test(text) ? Number(text) : null;
}
