/**
 * The closed table of everything that can go wrong in front of a client: the code, its HTTP status, whether the same
 * request may succeed later, and a title that never changes (RFC 9457, section 3.1.3). Both edges translate from here.
 */
export const errorCodes = {
  BAD_USER_INPUT: { status: 400, retryable: false, title: 'Malformed input' },
  LENGTH_MISMATCH: { status: 400, retryable: true, title: 'The body ended before its announced length' },
  CHECKSUM_MISMATCH: { status: 422, retryable: true, title: 'The bytes do not hash to what was announced' },
  UNAUTHENTICATED: { status: 401, retryable: false, title: 'Credentials are missing or invalid' },
  FORBIDDEN: { status: 403, retryable: false, title: 'Not allowed' },
  CSRF_HEADER_REQUIRED: {
    status: 403,
    retryable: false,
    title: 'A header that proves a deliberate request is missing',
  },
  NOT_FOUND: { status: 404, retryable: false, title: 'No such route' },
  FILE_NOT_FOUND: { status: 404, retryable: false, title: 'No such file' },
  UPLOAD_URL_NOT_FOUND: { status: 404, retryable: false, title: 'No such upload URL' },
  METHOD_NOT_ALLOWED: { status: 405, retryable: false, title: 'Method not allowed' },
  REQUEST_TIMEOUT: { status: 408, retryable: true, title: 'The request made no progress' },
  UPLOAD_URL_USED: { status: 409, retryable: false, title: 'The upload URL has stored other bytes' },
  UPLOAD_IN_PROGRESS: {
    status: 409,
    retryable: true,
    title: 'Another request is sending to this upload URL',
  },
  FILE_IN_USE: { status: 409, retryable: false, title: 'Documents hold the file' },
  UPLOAD_URL_EXPIRED: { status: 410, retryable: false, title: 'The upload URL has expired' },
  PRECONDITION_FAILED: { status: 412, retryable: false, title: 'Precondition failed' },
  FILE_TOO_LARGE: { status: 413, retryable: false, title: 'The file is over the limit' },
  REQUEST_TOO_LARGE: { status: 413, retryable: false, title: 'The request is over the limit' },
  CONTENT_TYPE_NOT_ALLOWED: { status: 415, retryable: false, title: 'The content type is not allowed' },
  RANGE_NOT_SATISFIABLE: { status: 416, retryable: false, title: 'No requested range lies within the file' },
  IDEMPOTENCY_KEY_USED: {
    status: 409,
    retryable: false,
    title: 'The idempotency key belongs to another request',
  },
  RATE_LIMITED: { status: 429, retryable: true, title: 'Too many requests' },
  QUERY_TIMEOUT: { status: 503, retryable: true, title: 'The query ran too long' },
  FETCH_REFUSED: { status: 400, retryable: false, title: 'The address must not be reached' },
  FETCH_FAILED: { status: 502, retryable: true, title: 'The third party failed' },
  STORAGE_UNAVAILABLE: { status: 503, retryable: true, title: 'Storage is unavailable' },
  STORAGE_FULL: { status: 507, retryable: false, title: 'Storage is full' },
  INTERNAL_SERVER_ERROR: { status: 500, retryable: false, title: 'Something failed that should not have' },
} as const;

export type ErrorCode = keyof typeof errorCodes;

/**
 * What is wrong with a GraphQL document, by the names that GraphQL clients know already. `spec`: GraphQL over HTTP
 * defines it, and to clients that take `application/json` alone its status is 200 (6.4.1).
 */
export const graphqlCodes = {
  GRAPHQL_PARSE_FAILED: { status: 400, spec: true, retryable: false, title: 'The document is not GraphQL' },
  GRAPHQL_VALIDATION_FAILED: {
    status: 400,
    spec: true,
    retryable: false,
    title: 'The document does not fit the schema',
  },
  QUERY_COMPLEXITY: {
    status: 400,
    spec: false,
    retryable: false,
    title: 'The query is too expensive, or its answer too large',
  },
  PERSISTED_QUERY_NOT_FOUND: {
    status: 400,
    spec: false,
    retryable: false,
    title: 'No query is kept under this hash: send the query itself',
  },
} as const;

export type GraphqlCode = keyof typeof graphqlCodes;
