/** The GraphQL operations of a request, by GET and by JSON, and what every way must have (GraphQL over HTTP, 5). */
import type { Readable } from 'node:stream';
import { GraphQLError } from 'graphql';
import { badInput, GridholdError } from '../errors/gridhold-error.ts';
import { parseBoundedJson } from './bounded-json.ts';

export interface Operation {
  readonly query: string;
  readonly operationName?: string;
  readonly variables?: Record<string, unknown>;
  readonly extensions?: Record<string, unknown>;
}

/** Files have their own limit; no query needs more. */
export const mostJsonBytes = 1_000_000;

/** A longer query is data that belongs into variables. */
const mostQueryCharacters = 100_000;

const parameters = ['query', 'operationName', 'variables', 'extensions'];

/** @throws BAD_USER_INPUT naming the parameter */
export function checkOperations(value: unknown): Operation | Operation[] {
  if (!Array.isArray(value)) return checkOperation(value);
  if (value.length === 0) throw badInput('The batch holds no operation');
  return value.map(checkOperation);
}

function checkOperation(value: unknown): Operation {
  if (!isRecord(value)) throw badInput('The request must be a JSON object with the key "query"');
  const { query, operationName, variables, extensions } = value;
  const unknown = Object.keys(value).find((key) => !parameters.includes(key));
  if (unknown !== undefined)
    throw badInput(`${unknown}: no such parameter; there are ${parameters.join(', ')}`);
  if (query == null && isRecord(extensions) && extensions['persistedQuery'] != null) throw notPersisted();
  if (typeof query !== 'string' || query === '')
    throw badInput('query: must be a string that holds a GraphQL document');
  if (query.length > mostQueryCharacters) {
    throw badInput(`query: must be at most ${mostQueryCharacters} characters: give data in variables`);
  }
  if (operationName != null && typeof operationName !== 'string')
    throw badInput('operationName: must be a string');
  if (variables != null && !isRecord(variables)) throw badInput('variables: must be a JSON object');
  if (extensions != null && !isRecord(extensions)) throw badInput('extensions: must be a JSON object');
  return {
    query,
    ...(operationName != null && operationName !== '' ? { operationName } : {}),
    ...(variables != null ? { variables } : {}),
    ...(extensions != null ? { extensions } : {}),
  };
}

/**
 * Clients with automatic persisted queries send a hash first, and the query itself where they are told so, by just these
 * words (Apollo's protocol; urql reads the message alone). Queries are not kept: what they send then has both.
 */
function notPersisted(): GraphQLError {
  return new GraphQLError('PersistedQueryNotFound', { extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } });
}

export function operationOfQueryString(search: URLSearchParams): Operation {
  const json = (name: string): unknown => {
    const text = search.get(name);
    return text === null || text === '' ? null : parseBoundedJson(text, name);
  };
  return checkOperation({
    query: search.get('query'),
    operationName: search.get('operationName'),
    variables: json('variables'),
    extensions: json('extensions'),
  });
}

/** @throws REQUEST_TOO_LARGE before the body where `Content-Length` tells, else at the first byte over */
export async function readJson(
  announcedLength: number | null,
  open: () => Readable,
): Promise<Operation | Operation[]> {
  if (announcedLength !== null && announcedLength > mostJsonBytes) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of open()) {
    if (!(chunk instanceof Uint8Array)) throw badInput('The body is not bytes');
    size += chunk.byteLength;
    if (size > mostJsonBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return checkOperations(parseBoundedJson(decode(Buffer.concat(chunks)), 'The body'));
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw badInput('The body is not UTF-8');
  }
}

function tooLarge(): GridholdError {
  return new GridholdError('REQUEST_TOO_LARGE', `The body is larger than ${mostJsonBytes} bytes`, {
    maxSize: mostJsonBytes,
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
