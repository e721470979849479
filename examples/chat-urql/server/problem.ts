/**
 * Errors as problem documents (RFC 9457), which `uploadTo` of `gridhold/client` reads in the page. What Gridhold says of
 * a file reaches the user with its code and details.
 */
import { type ServerResponse, STATUS_CODES } from 'node:http';
import { GraphQLError } from 'graphql';
import { GridholdClientError } from 'gridhold/client';
import { UserError } from './user-error.ts';

/** What the headers of the answer are so far, such as CORS's, stays. */
export function sendProblem(response: ServerResponse, error: unknown): void {
  // Too late for words, or nobody there to read them.
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { status, code, message, details } = userErrorOf(error);
  const type = 'about:blank';
  const document = { type, title: STATUS_CODES[status], status, detail: message, code, retryable: false };
  const body = Buffer.from(`${JSON.stringify({ ...document, ...details })}\n`);
  response.writeHead(status, {
    'content-type': 'application/problem+json',
    'content-length': body.byteLength,
    'cache-control': 'no-store',
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

function userErrorOf(error: unknown): UserError {
  if (error instanceof UserError) return error;
  // What GraphQL and this route check by the same rules.
  if (error instanceof GraphQLError) return new UserError(400, 'BAD_USER_INPUT', error.message);
  if (error instanceof GridholdClientError) {
    const { status, code, message, retryable, requestId, details } = error;
    if (code === 'NETWORK_ERROR' || code === 'INVALID_RESPONSE') return storageUnavailable();
    // Of GraphQL's errors the status may be 200.
    const shown = status !== null && status >= 400 ? status : 502;
    return new UserError(shown, code, message, { ...details, retryable, requestId });
  }
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return new UserError(500, 'INTERNAL_SERVER_ERROR', 'Something failed that should not have.');
}

export function storageUnavailable(): UserError {
  return new UserError(503, 'STORAGE_UNAVAILABLE', 'The file service can’t be reached just now.', {
    retryable: true,
  });
}
