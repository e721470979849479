/** uploadFile refusing well-formed requests over real sockets: each is answered at once, and leaves nothing. */
import { randomBytes } from 'node:crypto';
import type { Db } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { codeIn, leavingNothing, uploadedFile } from './support/multipart-outcomes.ts';
import { type Part, uploadMutation, uploadParts } from './support/multipart-request.ts';
import { type MultipartService, startMultipartService } from './support/multipart-service.ts';
import type { Service } from './support/service.ts';

let service: Service;
let db: Db;
let post: MultipartService['post'];
beforeAll(async () => {
  ({ service, db, post } = await startMultipartService());
});

describe('uploadFile refuses, and leaves nothing', () => {
  it.each<[string, object, string, object]>([
    [
      'an attachTo that can not be',
      { attachTo: { document: { collection: '', documentId: '1' } } },
      'BAD_USER_INPUT',
      {},
    ],
    [
      'a field that can not be',
      { attachTo: { document: { collection: 'a', documentId: '1' }, field: '' } },
      'BAD_USER_INPUT',
      {},
    ],
    ['metadata over 16 KiB', { metadata: { a: 'x'.repeat(16_384) } }, 'BAD_USER_INPUT', {}],
    [
      'a type that is not allowed',
      { contentTypes: ['image/*'] },
      'CONTENT_TYPE_NOT_ALLOWED',
      { allowed: ['image/*'], declared: 'text/plain' },
    ],
    ['another hash', { sha256: '0'.repeat(64) }, 'CHECKSUM_MISMATCH', {}],
    ['too many bytes', { maxSize: 4 }, 'FILE_TOO_LARGE', { maxSize: 4 }],
    ['a negative limit', { maxSize: -1 }, 'BAD_USER_INPUT', {}],
    ['types that are none', { contentTypes: ['text'] }, 'BAD_USER_INPUT', {}],
  ])('%s', async (_what, input, code, details) => {
    for (const bytes of ['hello', 'hello '.repeat(200_000)]) {
      const answer = await leavingNothing(db, () =>
        post(uploadParts(bytes, { contentType: 'text/plain', variables: { input } })),
      );
      expect(codeIn(answer)).toBe(code);
      expect(answer.body.errors?.[0]).toMatchObject({ path: ['uploadFile'], extensions: details });
      expect(answer.status).toBe(200);
    }
  });

  it('a query that is not valid, with 30 MB attached: the answer comes, and the connection ends', async () => {
    const bytes = randomBytes(30_000_000);
    for (const [query, code] of [
      ['mutation ($file: Upload!) { uploadFile(file: $file) { nonsense } }', 'GRAPHQL_VALIDATION_FAILED'],
      ['mutation ($file: Upload!) { uploadFile(file: $file) {', 'GRAPHQL_PARSE_FAILED'],
      ['mutation ($file: Upload!) { generateUploadUrl { id } }', 'GRAPHQL_VALIDATION_FAILED'],
      [
        'mutation ($file: Upload!, $n: Int!) { uploadFile(file: $file, input: { maxSize: $n }) { id } }',
        'BAD_USER_INPUT',
      ],
    ] as const) {
      const startedAt = performance.now();
      const answer = await leavingNothing(db, () => post(uploadParts(bytes, { query })));
      expect([code, 'GRAPHQL_VALIDATION_FAILED']).toContain(codeIn(answer));
      expect(performance.now() - startedAt).toBeLessThan(10_000);
    }
  });

  it('a file that no field takes after all', async () => {
    const query =
      'mutation ($file: Upload!, $no: Boolean!) { uploadFile(file: $file) @include(if: $no) { id } }';
    const answer = await leavingNothing(db, () =>
      post(uploadParts(randomBytes(2_000_000), { query, variables: { no: false } })),
    );
    expect(answer.body).toEqual({ data: {} });
  });

  it('a file that only another operation would take', async () => {
    const query = 'mutation A($file: Upload!) { uploadFile(file: $file) { id } } query B { __typename }';
    const [, mapping, file] = uploadParts(randomBytes(2_000_000));
    const operation: Part = {
      name: 'operations',
      body: JSON.stringify({ query, operationName: 'B', variables: { file: null } }),
    };
    const answer = await leavingNothing(db, () =>
      post([operation, ...(mapping && file ? [mapping, file] : [])]),
    );
    expect(answer.body).toEqual({ data: { __typename: 'Query' } });
  });

  it.each([null, 'text', 7, {}, { filename: 'x' }])('%j in the place of a file', async (file) => {
    const answer = await service.graphql(uploadMutation, { file });
    expect(answer.errors?.[0]?.extensions['code']).toBe('BAD_USER_INPUT');
    const literal = await service.graphql(
      `mutation { uploadFile(file: ${JSON.stringify(file).replace(/"(\w+)":/g, '$1:')}) { id } }`,
    );
    expect(literal.errors?.[0]?.extensions['code']).toBe('GRAPHQL_VALIDATION_FAILED');
  });

  it.each(['apollo-require-preflight', 'x-graphql-yoga-csrf'])(
    'a request without a CSRF header, and takes one with %s',
    async (header) => {
      const refused = await leavingNothing(db, () => post(uploadParts(randomBytes(500_000)), {}));
      expect(refused.status).toBe(403);
      expect(codeIn(refused)).toBe('CSRF_HEADER_REQUIRED');
      expect(refused.body.errors?.[0]?.message).toMatch(/apollo-require-preflight.*x-graphql-yoga-csrf/);
      uploadedFile(await post(uploadParts('x'), { [header]: '' }));
    },
  );

  it('what a page of another site sends as a form, with the cookies of who visits it', async () => {
    const form = { cookie: 'session=theirs', 'sec-fetch-mode': 'no-cors', 'sec-fetch-site': 'cross-site' };
    for (const origin of [null, 'null', 'https://evil.example', service.url]) {
      const headers = { ...form, ...(origin === null ? {} : { origin }) };
      const refused = await leavingNothing(db, () => post(uploadParts('x'), headers));
      expect(refused.status, String(origin)).toBe(403);
      expect(refused.text).toMatch(/"code":"(?:CSRF_HEADER_REQUIRED|FORBIDDEN)"/);
    }
  });
});
