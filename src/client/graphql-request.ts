/** One GraphQL operation over HTTP (https://graphql.github.io/graphql-over-http/), repeated where that may help. */
import { onAbort, unlessAborted } from './abort.ts';
import {
  type Answer,
  answerOf,
  graphqlErrorOf,
  invalidResponse,
  isObject,
  jsonOf,
  problemOf,
} from './answer.ts';
import { networkError } from './client-error.ts';
import type { RequestOptions } from './gridhold-client.ts';
import { withRetries } from './retry.ts';
import { refuseUnsendable } from './send.ts';

const defaultTimeoutMs = 30_000;

export type Headers = Readonly<Record<string, string>>;

export interface GraphqlEndpoint {
  readonly url: string;
  readonly headers: () => Headers | Promise<Headers>;
  readonly retries: number | undefined;
}

export type GraphqlRequest = <Data>(
  query: string,
  variables?: object,
  options?: RequestOptions,
) => Promise<Data>;

export function createGraphqlRequest(endpoint: GraphqlEndpoint): GraphqlRequest {
  return async <Data>(query: string, variables: object = {}, options: RequestOptions = {}) => {
    const { signal, retries, timeoutMs = defaultTimeoutMs } = options;
    const body = JSON.stringify({ query, variables });
    return await withRetries(async () => dataOf<Data>(await post(endpoint, body, timeoutMs, signal)), {
      retries: retries ?? endpoint.retries,
      signal,
    });
  };
}

async function post(
  endpoint: GraphqlEndpoint,
  body: string,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  // Asked for each time: a token may have been renewed.
  const headers = await unlessAborted(signal, (async () => await endpoint.headers())());
  const request = {
    method: 'POST',
    headers: {
      accept: 'application/graphql-response+json, application/json;q=0.9',
      'content-type': 'application/json',
      ...headers,
    },
    body,
  };
  refuseUnsendable(endpoint.url, request);
  const controller = new AbortController();
  const stopListening = onAbort(signal, () => controller.abort());
  // The cause of the error that is thrown: else it would be an abort that nobody asked for.
  const timer = setTimeout(() => controller.abort(new Error(`No answer came in ${timeoutMs} ms`)), timeoutMs);
  try {
    const response = await fetch(endpoint.url, { ...request, signal: controller.signal });
    return await answerOf(response);
  } catch (error) {
    throw networkError(endpoint.url, 'failed', error);
  } finally {
    clearTimeout(timer);
    stopListening();
  }
}

function dataOf<Data>(answer: Answer): Data {
  const result = jsonOf(answer);
  const errors = result?.['errors'];
  if (Array.isArray(errors) && errors.length > 0) throw graphqlErrorOf(errors, answer);
  if (answer.status > 299) throw problemOf(answer);
  if (!isObject(result?.['data'])) throw invalidResponse(answer);
  return result['data'] as Data;
}

/**
 * For operations that are not the client's own: a mutation may be one that does its work again when it is repeated
 * (`sendFile`, `uploadFile` without a key), so it is sent once, unless `retries` says that it may be.
 */
export function repeatingQueriesOnly(request: GraphqlRequest): GraphqlRequest {
  return async (query, variables, options = {}) =>
    await request(query, variables, {
      ...options,
      retries: options.retries ?? (isMutation(query) ? 0 : undefined),
    });
}

/** A field that has this name makes a query seem one, which is then sent once: nothing is lost. */
function isMutation(query: string): boolean {
  return /(?:^|[\s,}])mutation\b/.test(query.replaceAll(/#.*/g, ''));
}
