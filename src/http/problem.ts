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

/** @param isGraphql a GraphQL client asked: it finds the same where it looks for errors */
export function problemAnswer(error: GridholdError, requestId: string, isGraphql = false): Answer {
  const document = problemDocument(error, requestId, isGraphql);
  const answer = textAnswer(error.status, 'application/problem+json', document, {
    'Cache-Control': 'no-store',
    ...errorHeaders(error),
  });
  return { ...answer, code: error.code };
}

export function problemDocument(error: GridholdError, requestId: string, isGraphql = false): string {
  const { code, retryable, message, details } = error;
  const errors = [{ message, extensions: { code, retryable, ...details, requestId } }];
  return `${JSON.stringify({
    type: `urn:problem-type:gridhold:${code.toLowerCase().replaceAll('_', '-')}`,
    title: errorCodes[code].title,
    status: error.status,
    detail: message,
    code,
    retryable,
    requestId,
    ...details,
    ...(isGraphql ? { errors } : {}),
  })}\n`;
}
