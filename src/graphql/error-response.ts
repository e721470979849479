/** Refusals before Yoga runs, in GraphQL's form. Errors of operations are translated in translate-error.ts. */
import { errorHeaders } from '../errors/error-headers.ts';
import type { GridholdError } from '../errors/gridhold-error.ts';

/** An answer in GraphQL's form to a request that never came to Yoga. */
export function errorResponse(error: GridholdError, requestId: string): Response {
  const { code, retryable, details } = error;
  const errors = [{ message: error.message, extensions: { code, retryable, ...details, requestId } }];
  return new Response(JSON.stringify({ errors }), {
    status: error.status,
    headers: {
      'Content-Type': 'application/graphql-response+json; charset=utf-8',
      'Cache-Control': 'no-store',
      ...errorHeaders(error),
    },
  });
}
