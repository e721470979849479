/**
 * From any error to what a client sees: a code of the one table, or a name that GraphQL clients know already. What is
 * not meant for clients is logged once, and shows its request ID only.
 */
import { GraphQLError } from 'graphql';
import type { Logger } from '../domain/logger.ts';
import { type ErrorCode, errorCodes, type GraphqlCode, graphqlCodes } from '../errors/codes.ts';
import { errorHeaders } from '../errors/error-headers.ts';
import { badInput, GridholdError } from '../errors/gridhold-error.ts';

interface Circumstances {
  readonly requestId: string;
  /** Execution has begun: the answer has `data`, and its status is 200 (GraphQL over HTTP, 6.4.2). */
  readonly isPartial: boolean;
  /** Whether messages of GraphQL.js may suggest names of the schema. */
  readonly suggests: boolean;
  readonly log: Logger;
}

/** Messages of GraphQL.js quote what the client sent, whole. */
const mostCharacters = 1_000;

export function translateError(error: GraphQLError, circumstances: Circumstances): GraphQLError {
  const { requestId, isPartial } = circumstances;
  const code = error.extensions['code'];
  if (isGraphqlCode(code)) {
    const { status, spec, retryable } = graphqlCodes[code];
    return present(
      error,
      wordsOf(error, circumstances),
      { code, retryable, requestId },
      isPartial ? null : { status, spec },
    );
  }
  const known = ours(error, circumstances);
  return present(
    error,
    known.message,
    { code: known.code, retryable: known.retryable, ...known.details, requestId },
    isPartial
      ? null
      : {
          status: known.status,
          spec: isCoercion(error),
          headers: errorHeaders(known),
        },
  );
}

function isGraphqlCode(code: unknown): code is GraphqlCode {
  return typeof code === 'string' && Object.hasOwn(graphqlCodes, code);
}

function present(
  error: GraphQLError,
  message: string,
  extensions: object,
  http: object | null,
): GraphQLError {
  const { nodes = null, source = null, positions = null, path = null } = error;
  return new GraphQLError(message, {
    nodes,
    source,
    positions,
    path,
    extensions: { ...extensions, ...(http ? { http } : {}) },
  });
}

function ours(error: GraphQLError, circumstances: Circumstances): GridholdError {
  const { requestId, log } = circumstances;
  const chain = causes(error);
  const meant = chain.find((cause) => cause instanceof GridholdError);
  if (meant) {
    if (meant.status >= 500) log.warn({ requestId, code: meant.code, err: meant }, meant.message);
    return meant;
  }
  if (isCoercion(error)) return badInput(wordsOf(error, circumstances));
  const isGraphql = chain.every((cause) => cause instanceof GraphQLError);
  if (isGraphql && error.path === undefined) return ofYoga(error);
  // An argument that can't be coerced names its place in the query; a value that can't be serialised is our fault.
  const innermost = chain.at(-1);
  if (isGraphql && innermost instanceof GraphQLError && innermost !== error && innermost.nodes) {
    return badInput(wordsOf(error, circumstances));
  }
  log.error({ requestId, err: innermost }, 'A GraphQL request failed');
  return new GridholdError('INTERNAL_SERVER_ERROR', errorCodes.INTERNAL_SERVER_ERROR.title);
}

/**
 * GraphQL.js suggests names in a dozen places, and some of them, as Yoga's executor, can't be told not to: always at
 * the end of the message.
 */
function wordsOf({ message }: GraphQLError, { suggests }: Circumstances): string {
  const words = suggests ? message : message.replace(/ Did you mean .*$/s, '');
  return words.length > mostCharacters ? `${words.slice(0, mostCharacters)}…` : words;
}

/** Variables that do not fit their types: found before execution, in a place of the query. */
function isCoercion(error: GraphQLError): boolean {
  return error.nodes !== undefined && error.path === undefined;
}

/** What Yoga itself refuses, by the status that it gives. */
function ofYoga(error: GraphQLError): GridholdError {
  const http = error.extensions['http'];
  const status = typeof http === 'object' && http !== null && 'status' in http ? http.status : 400;
  const code: ErrorCode =
    status === 405 ? 'METHOD_NOT_ALLOWED' : status === 413 ? 'REQUEST_TOO_LARGE' : 'BAD_USER_INPUT';
  return new GridholdError(code, error.message, status === 405 ? { allow: ['POST'] } : {});
}

function causes(error: GraphQLError): Error[] {
  const chain: Error[] = [error];
  let next = error.originalError;
  while (next && chain.length < 10) {
    chain.push(next);
    next = next instanceof GraphQLError ? next.originalError : undefined;
  }
  return chain;
}
