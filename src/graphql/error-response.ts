/** Answers in GraphQL's form where Yoga gives none. */
import { type ErrorCode, errorCodes } from '../errors/codes.ts';
import { GridholdError } from '../errors/gridhold-error.ts';

export interface WholeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
}

const encoder = new TextEncoder();

/** An error with which a request ends before anybody has looked at it. */
export function refusal(error: GridholdError, requestId: string): WholeAnswer {
  const { code, retryable, details, message, status } = error;
  const errors = [{ message, extensions: { code, retryable, ...details, requestId } }];
  return {
    status,
    headers: {
      'Content-Type': 'application/graphql-response+json; charset=utf-8',
      'Cache-Control': 'no-store',
      ...(details.retryAfter === undefined ? {} : { 'Retry-After': String(details.retryAfter) }),
    },
    body: encoder.encode(JSON.stringify({ errors })),
  };
}

export function errorResponse(code: ErrorCode, requestId: string): Response {
  const { body, status, headers } = refusal(new GridholdError(code, errorCodes[code].title), requestId);
  return new Response(body, { status, headers });
}
