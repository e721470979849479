/**
 * Errors as problem documents (RFC 9457). What is not a GridholdError is a fault of ours: it is logged once, and shows
 * its request ID only.
 */

import type { Logger } from '../domain/logger.ts';
import { errorCodes } from '../errors/codes.ts';
import { errorHeaders } from '../errors/error-headers.ts';
import { GridholdError } from '../errors/gridhold-error.ts';
import { type Answer, textAnswer } from './exchange.ts';

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
    ...errorHeaders(error),
  });
  return { ...answer, code: error.code };
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
