/** GraphQL over HTTP. Gridhold's errors are for clients, and keep their code and details; faults are masked. */
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { GraphQLError } from 'graphql';
import { createYoga } from 'graphql-yoga';
import { GridholdError } from 'gridhold';
import type { Handler } from '../../server/web-server.ts';
import { type ChatContext, schema } from './schema.ts';

export function createGraphql(context: ChatContext): Handler {
  return createYoga({
    schema,
    context,
    renderGraphiQL,
    landingPage: false,
    multipart: false,
    cors: false,
    maskedErrors: { maskError },
  });
}

function maskError(error: unknown): Error {
  const cause = error instanceof GraphQLError ? error.originalError : error;
  if (cause instanceof GridholdError) {
    const { code, retryable, details, message } = cause;
    return new GraphQLError(message, { extensions: { code, retryable, ...details } });
  }
  // What GraphQL itself refuses, and what check-input.ts does.
  if (error instanceof GraphQLError && (!cause || cause instanceof GraphQLError)) return error;
  process.stderr.write(`${cause instanceof Error ? cause.stack : String(cause)}\n`);
  return new GraphQLError('Something failed that should not have', {
    extensions: { code: 'INTERNAL_SERVER_ERROR' },
  });
}
