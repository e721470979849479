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

const longestRequestMs = 30_000;

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
  return async <Data>(query: string, variables: object = {}, { signal, retries }: RequestOptions = {}) => {
    const body = JSON.stringify({ query, variables });
    return await withRetries(async () => dataOf<Data>(await post(endpoint, body, signal)), {
      retries: retries ?? endpoint.retries,
      signal,
    });
  };
}

async function post(
  endpoint: GraphqlEndpoint,
  body: string,
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
  const timer = setTimeout(() => controller.abort(), longestRequestMs);
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
