/** Errors of an app with Gridhold inside, as its GraphQL shows them. */
import { GraphQLError } from 'graphql';
import { GridholdError } from 'gridhold';

/** For Yoga. Gridhold's errors are for clients, and keep their code and details; faults are told here, and masked. */
export function maskError(error: unknown): Error {
  const cause = error instanceof GraphQLError ? error.originalError : error;
  if (cause instanceof GridholdError) {
    const { code, retryable, details, message } = cause;
    return new GraphQLError(message, { extensions: { code, retryable, ...details } });
  }
  // What GraphQL itself refuses, and what the app does.
  if (error instanceof GraphQLError && (!cause || cause instanceof GraphQLError)) return error;
  process.stderr.write(`${cause instanceof Error ? cause.stack : String(cause)}\n`);
  return new GraphQLError('Something failed that should not have', {
    extensions: { code: 'INTERNAL_SERVER_ERROR' },
  });
}

/** @throws whatever else it was */
export function nullWhereGone(error: unknown): null {
  if (error instanceof GridholdError && error.code === 'FILE_NOT_FOUND') return null;
  throw error;
}
