import { type ErrorCode, errorCodes } from '../errors/codes.ts';

/** An answer in GraphQL's form where Yoga gives none. */
export function errorResponse(code: ErrorCode, requestId: string): Response {
  const { title, status, retryable } = errorCodes[code];
  const errors = [{ message: title, extensions: { code, retryable, requestId } }];
  return new Response(JSON.stringify({ errors }), {
    status,
    headers: { 'Content-Type': 'application/graphql-response+json; charset=utf-8' },
  });
}
