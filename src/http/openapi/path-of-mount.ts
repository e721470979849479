/** `/graphql`, which is mounted here, as far as HTTP goes: its schema says the rest, and this edge does not know it. */
import type { ErrorCode } from '../../errors/codes.ts';
import { headersNamed } from './headers.ts';
import type { PathItem } from './operations.ts';
import { graphqlErrors, ofCallers } from './problems.ts';
import { type Part, reference } from './schemas.ts';

const codes: readonly ErrorCode[] = [
  ...ofCallers,
  'CSRF_HEADER_REQUIRED',
  'METHOD_NOT_ALLOWED',
  'CONTENT_TYPE_NOT_ALLOWED',
  'FILE_TOO_LARGE',
  'LENGTH_MISMATCH',
  'CHECKSUM_MISMATCH',
  'RATE_LIMITED',
  'STORAGE_FULL',
  'QUERY_TIMEOUT',
];

/** What stands beside `data`, in an answer of 200. */
const within: readonly ErrorCode[] = [
  ...['FILE_NOT_FOUND', 'FILE_IN_USE', 'UPLOAD_URL_NOT_FOUND', 'IDEMPOTENCY_KEY_USED'],
  ...['FETCH_REFUSED', 'FETCH_FAILED'],
] as const;

const listed = within.map((code) => `\`${code}\``).join(', ');

const query = (name: string, description: string, required = false): Part => ({
  name,
  in: 'query',
  ...(required ? { required } : {}),
  description,
  schema: { type: 'string', ...(required ? { minLength: 1, examples: ['{ __typename }'] } : {}) },
});

const answer = (html: boolean): Part => {
  const schema = reference('schemas', html ? 'GraphqlAnswer' : 'GraphqlAnswers');
  return {
    description: `The answer. Errors of single fields stand in it: any code of the table, ${listed} among them.`,
    headers: headersNamed('X-Request-Id'),
    content: {
      'application/graphql-response+json': { schema },
      'application/json': { schema },
      ...(html
        ? { 'text/html': { schema: { type: 'string', description: 'GraphiQL, for browsers.' } } }
        : {}),
    },
  };
};

export function graphqlPath(caller: readonly Part[]): PathItem {
  return {
    get: {
      operationId: 'queryByGet',
      tags: ['graphql'],
      summary: 'A query',
      security: [{}, ...caller],
      parameters: [
        query('query', 'A GraphQL document with a query in it.', true),
        query('operationName', 'Which of its operations.'),
        query('variables', 'A JSON object.'),
        query('extensions', 'A JSON object.'),
      ],
      responses: { '200': answer(true), ...graphqlErrors(codes) },
    },
    post: {
      operationId: 'execute',
      tags: ['graphql'],
      summary: 'A query or a mutation, or a batch of them; with files, as multipart',
      description: 'Multipart requests need the header `apollo-require-preflight` or `x-graphql-yoga-csrf`.',
      security: [{}, ...caller],
      parameters: [
        {
          name: 'apollo-require-preflight',
          in: 'header',
          description: 'With any value: no page of another site sends it unasked.',
          schema: { type: 'string', examples: ['1'] },
        },
      ],
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: {
              oneOf: [
                reference('schemas', 'GraphqlRequest'),
                { type: 'array', minItems: 1, maxItems: 10, items: reference('schemas', 'GraphqlRequest') },
              ],
            },
            examples: { query: { value: { query: '{ files(first: 1) { nodes { id } } }' } } },
          },
          'multipart/form-data': {
            schema: {
              type: 'object',
              description:
                'The GraphQL multipart request specification: files come after operations and map.',
              required: ['operations', 'map'],
              properties: { operations: { type: 'string' }, map: { type: 'string' } },
            },
          },
        },
      },
      responses: { '200': answer(false), ...graphqlErrors(codes) },
    },
  };
}
