/**
 * Errors as problem documents (RFC 9457). What is not a GridholdError is a fault of ours: it is logged once, and shows
 * its request ID only.
 */
import { errorCodes } from '../errors/codes.ts';
import { GridholdError } from '../errors/gridhold-error.ts';
import { type Answer, textAnswer } from './exchange.ts';
import type { Logger } from './logger.ts';

/** Seconds, where the error itself does not tell and the contract wants a `Retry-After`. */
const defaultRetryAfter: Partial<Record<GridholdError['code'], number>> = {
  UPLOAD_IN_PROGRESS: 10,
  RATE_LIMITED: 1,
  STORAGE_UNAVAILABLE: 2,
};

/** The error that a client may see; a fault is logged here, and here only. */
export function presentable(error: unknown, requestId: string, logger: Logger): GridholdError {
  if (error instanceof GridholdError) {
    if (error.status >= 500) logger.warn({ requestId, code: error.code, err: error }, error.message);
    return error;
  }
  logger.error({ requestId, err: error }, 'Request failed');
  return new GridholdError(
    'INTERNAL_SERVER_ERROR',
    `Something failed that should not have: request ${requestId}`,
  );
}

export function problemAnswer(error: GridholdError, requestId: string): Answer {
  const answer = textAnswer(error.status, 'application/problem+json', problemDocument(error, requestId), {
    'Cache-Control': 'no-store',
    ...problemHeaders(error),
  });
  return { ...answer, code: error.code };
}

export function problemHeaders(error: GridholdError): Record<string, string> {
  const { retryAfter = defaultRetryAfter[error.code], allow, size } = error.details;
  const headers: Record<string, string> = {};
  if (retryAfter !== undefined) headers['Retry-After'] = String(Math.max(0, Math.ceil(retryAfter)));
  if (allow) headers['Allow'] = allow.join(', ');
  // RFC 9110, section 15.5.2.
  if (error.code === 'UNAUTHENTICATED') headers['WWW-Authenticate'] = 'Bearer';
  // RFC 9110, section 15.5.17.
  if (error.code === 'RANGE_NOT_SATISFIABLE' && size !== undefined)
    headers['Content-Range'] = `bytes */${size}`;
  return headers;
}

export function problemDocument(error: GridholdError, requestId: string): string {
  return `${JSON.stringify({
    type: `urn:problem-type:gridhold:${error.code.toLowerCase().replaceAll('_', '-')}`,
    title: errorCodes[error.code].title,
    status: error.status,
    detail: error.message,
    code: error.code,
    retryable: error.retryable,
    requestId,
    ...error.details,
  })}\n`;
}
