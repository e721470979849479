/** The one error of the client: the contract's codes, and two for what never reached a Gridhold server. */

/** Those of the server (README, "Errors"). */
export type ContractErrorCode =
  | 'BAD_USER_INPUT'
  | 'LENGTH_MISMATCH'
  | 'CHECKSUM_MISMATCH'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'CSRF_HEADER_REQUIRED'
  | 'NOT_FOUND'
  | 'FILE_NOT_FOUND'
  | 'UPLOAD_URL_NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'REQUEST_TIMEOUT'
  | 'UPLOAD_URL_USED'
  | 'UPLOAD_IN_PROGRESS'
  | 'FILE_IN_USE'
  | 'UPLOAD_URL_EXPIRED'
  | 'PRECONDITION_FAILED'
  | 'FILE_TOO_LARGE'
  | 'REQUEST_TOO_LARGE'
  | 'CONTENT_TYPE_NOT_ALLOWED'
  | 'RANGE_NOT_SATISFIABLE'
  | 'IDEMPOTENCY_KEY_USED'
  | 'RATE_LIMITED'
  | 'QUERY_TIMEOUT'
  | 'FETCH_REFUSED'
  | 'FETCH_FAILED'
  | 'STORAGE_UNAVAILABLE'
  | 'STORAGE_FULL'
  | 'INTERNAL_SERVER_ERROR'
  | 'GRAPHQL_PARSE_FAILED'
  | 'GRAPHQL_VALIDATION_FAILED'
  | 'QUERY_COMPLEXITY'
  | 'PERSISTED_QUERY_NOT_FOUND';

/** `NETWORK_ERROR`: no answer came, or it broke off. `INVALID_RESPONSE`: an answer that no Gridhold server gives. */
export type ClientErrorCode =
  | ContractErrorCode
  | 'NETWORK_ERROR'
  | 'INVALID_RESPONSE'
  // A newer server may know more.
  | (string & Record<never, never>);

/** What a program may read of an error, as the server sends it: each with the codes that it belongs to. */
export interface ClientErrorDetails {
  /** Bytes: the limit that was passed. */
  readonly maxSize?: number;
  readonly declared?: string | null;
  readonly detected?: string | null;
  readonly allowed?: readonly string[];
  /** With FILE_IN_USE: up to ten of the holders, and how many hold it. */
  readonly documents?: readonly {
    readonly collection: string;
    readonly documentId: string;
    readonly field: string;
  }[];
  readonly refCount?: number;
  /** The missing ones, where many were named. */
  readonly fileIds?: readonly string[];
  readonly [key: string]: unknown;
}

export interface ClientErrorOptions {
  readonly status?: number | null | undefined;
  readonly retryable: boolean;
  readonly retryAfterMs?: number | null | undefined;
  readonly requestId?: string | null | undefined;
  readonly details?: ClientErrorDetails | undefined;
  readonly cause?: unknown;
}

export class GridholdClientError extends Error {
  override readonly name = 'GridholdClientError';
  readonly code: ClientErrorCode;
  /** Of the HTTP answer, and so 200 for most errors of GraphQL; null where there was none. */
  readonly status: number | null;
  /** The same request may succeed later. It has been repeated already, unless it can't be, as a stream, or not so soon. */
  readonly retryable: boolean;
  /** What the server's `Retry-After` asked for (RFC 9110 section 10.2.3), in milliseconds. */
  readonly retryAfterMs: number | null;
  /** By which the server's log names the request. */
  readonly requestId: string | null;
  readonly details: ClientErrorDetails;

  constructor(code: ClientErrorCode, message: string, options: ClientErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status ?? null;
    this.retryable = options.retryable;
    this.retryAfterMs = options.retryAfterMs ?? null;
    this.requestId = options.requestId ?? null;
    this.details = options.details ?? {};
  }
}

/** @param url of which the message names the origin only: an upload URL is a secret */
export function networkError(url: string, happened: string, cause?: unknown): GridholdClientError {
  const [origin = 'the server'] = /^\w+:\/\/[^/?#]+/.exec(url) ?? [];
  return new GridholdClientError('NETWORK_ERROR', `The connection to ${origin} ${happened}`, {
    retryable: true,
    cause,
  });
}
