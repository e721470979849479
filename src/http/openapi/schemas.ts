/** What the bodies of requests and answers look like, as JSON Schema 2020-12 (OpenAPI 3.1, section 4.8.24). */
import { errorCodes, graphqlCodes } from '../../errors/codes.ts';

/** A part of the document: JSON, whatever it holds. */
export type Part = Readonly<Record<string, unknown>>;

export const reference = (kind: 'schemas' | 'parameters' | 'headers', name: string): Part => ({
  $ref: `#/components/${kind}/${name}`,
});

/**
 * Bytes as they are. OpenAPI 3.1 would leave the schema away, but generators of clients take that for any JSON;
 * what they all know is the format of OpenAPI 3.0.
 */
export const binary: Part = { type: 'string', format: 'binary' };

const fileId = {
  type: 'string',
  pattern: '^file_[0-7][0-9a-hjkmnp-tv-z]{25}$',
  examples: ['file_01m83j7mctecybg6vg32vawbk1'],
};

const heldBy = {
  type: 'object',
  required: ['collection', 'documentId', 'field'],
  properties: {
    collection: { type: 'string' },
    documentId: { type: 'string' },
    field: { type: 'string' },
  },
};

/** The keys of ErrorDetails. */
const details = {
  maxSize: { type: 'integer', minimum: 0, description: 'The limit in bytes that was passed.' },
  declared: { type: ['string', 'null'], description: 'The content type that was declared.' },
  detected: { type: ['string', 'null'], description: 'The content type that the bytes show.' },
  allowed: { type: 'array', items: { type: 'string' }, description: 'The types that are taken.' },
  documents: { type: 'array', items: heldBy, description: 'Up to ten of the holders of a file.' },
  refCount: { type: 'integer', minimum: 0, description: 'How many holders a file has.' },
  fileIds: { type: 'array', items: { type: 'string' }, description: 'The files that are missing.' },
  retryAfter: { type: 'number', minimum: 0, description: 'Seconds; as in `Retry-After`.' },
  allow: { type: 'array', items: { type: 'string' }, description: 'The methods that there are.' },
  size: { type: 'integer', minimum: 0, description: 'The size of the file in bytes.' },
};

const common = {
  retryable: { type: 'boolean', description: 'Whether the same request may succeed later.' },
  requestId: { type: 'string', description: 'As in `X-Request-Id`, and in the log.' },
};

const graphqlData = { type: ['object', 'null'] };
const graphqlErrorList = { type: 'array', minItems: 1, items: reference('schemas', 'GraphqlError') };

export const schemas: Readonly<Record<string, Part>> = {
  FileId: fileId,
  ErrorCode: {
    type: 'string',
    description: 'What went wrong, for programs. The same in GraphQL.',
    enum: Object.keys(errorCodes),
  },
  Problem: {
    type: 'object',
    description: 'A problem document (RFC 9457).',
    required: ['type', 'title', 'status', 'detail', 'code', 'retryable', 'requestId'],
    properties: {
      type: { type: 'string', format: 'uri', description: 'A URN made of the code.' },
      title: { type: 'string', description: 'Always the same for a code.' },
      status: { type: 'integer', minimum: 400, maximum: 599 },
      detail: { type: 'string', description: 'What was wrong with this request, for people.' },
      code: reference('schemas', 'ErrorCode'),
      ...common,
      ...details,
    },
  },
  Stored: {
    type: 'object',
    description: 'A file that is stored.',
    required: ['id', 'storageId', 'size', 'sha256', 'contentType', 'url', 'expiresAt'],
    properties: {
      id: reference('schemas', 'FileId'),
      storageId: { ...reference('schemas', 'FileId'), description: 'The same as `id`.' },
      size: { type: 'integer', minimum: 0, description: 'Bytes.' },
      sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
      contentType: { type: 'string' },
      url: {
        type: 'string',
        format: 'uri',
        description: 'Of a private file signed, where the sender may read it by its credentials.',
      },
      expiresAt: {
        oneOf: [{ type: 'string', format: 'date-time' }, { type: 'null' }],
        description: 'When it may be collected, as long as nothing holds it.',
      },
    },
  },
  GraphqlRequest: {
    type: 'object',
    required: ['query'],
    additionalProperties: false,
    properties: {
      query: { type: 'string', minLength: 1, description: 'A GraphQL document.' },
      operationName: { type: ['string', 'null'] },
      variables: { type: ['object', 'null'] },
      extensions: { type: ['object', 'null'] },
    },
  },
  GraphqlError: {
    type: 'object',
    required: ['message', 'extensions'],
    properties: {
      message: { type: 'string' },
      path: { type: 'array', items: { type: ['string', 'integer'] } },
      locations: { type: 'array', items: { type: 'object' } },
      extensions: {
        type: 'object',
        required: ['code', 'retryable', 'requestId'],
        properties: {
          code: { type: 'string', enum: [...Object.keys(errorCodes), ...Object.keys(graphqlCodes)] },
          ...common,
          ...details,
        },
      },
    },
  },
  GraphqlProblem: {
    description: 'What was refused before GraphQL was asked: the host, the origin, a body that breaks off.',
    allOf: [
      reference('schemas', 'Problem'),
      { type: 'object', required: ['errors'], properties: { errors: graphqlErrorList } },
    ],
  },
  GraphqlAnswers: {
    description: 'Of one operation, or of each operation of a batch, in its order.',
    oneOf: [
      reference('schemas', 'GraphqlAnswer'),
      { type: 'array', minItems: 1, items: reference('schemas', 'GraphqlAnswer') },
    ],
  },
  GraphqlAnswer: {
    description: 'What the schema says of it is asked for by introspection, or printed by `gridhold schema`.',
    anyOf: [
      { type: 'object', required: ['data'], properties: { data: graphqlData, errors: graphqlErrorList } },
      { type: 'object', required: ['errors'], properties: { data: graphqlData, errors: graphqlErrorList } },
    ],
  },
};
