/** GraphQL over HTTP: statuses by media type, every malformed request with a code, batches and methods. */
import { request } from 'node:http';
import { beforeAll, describe, expect, it } from 'vitest';
import { newFile } from './support/graphql-calls.ts';
import type { Answer, GraphqlBody } from './support/multipart-request.ts';
import { type Service, startService } from './support/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});

const json = { 'content-type': 'application/json' };
const strict = { ...json, accept: 'application/graphql-response+json' };

const tooComplex =
  '{ files(first: 100) { nodes { attachments(first: 100) { nodes { file { attachments(first: 100) { nodes { id } } } } } } } }';

/** Byte by byte as the test says: fetch would mend or forbid some of it. */
function send(
  method: string,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array = '',
  target = '/graphql',
): Promise<Answer & { readonly body: GraphqlBody }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(service.url + target, { method, headers, agent: false });
    outgoing.on('error', reject).on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      response.on('error', reject).on('end', () => {
        const parsed: GraphqlBody = text.startsWith('{') ? JSON.parse(text) : {};
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: parsed });
      });
    });
    outgoing.end(body);
  });
}
const post = (body: unknown, headers: Readonly<Record<string, string>> = json): ReturnType<typeof send> =>
  send('POST', headers, typeof body === 'string' ? body : JSON.stringify(body));
function onlyError({ body }: { readonly body: GraphqlBody }): {
  readonly code: string;
  readonly [key: string]: unknown;
} {
  expect(body.errors).toHaveLength(1);
  const [error] = body.errors ?? [];
  expect(error?.message).toEqual(expect.any(String));
  expect(error?.extensions).toMatchObject({
    retryable: expect.any(Boolean),
    requestId: expect.stringMatching(/./),
  });
  return error?.extensions ?? { code: 'NONE' };
}

describe('the status of an answer', () => {
  it.each<[string, object, number, string | null]>([
    ['a result', { query: '{ __typename }' }, 200, null],
    ['a field that failed', { query: '{ files(first: 101) { totalCount } }' }, 200, 'BAD_USER_INPUT'],
    [
      'a mutation that was refused',
      { query: 'mutation { updateFile(id: "x", input: {}) { id } }' },
      200,
      'FILE_NOT_FOUND',
    ],
    ['a query that does not parse', { query: '{ files(' }, 400, 'GRAPHQL_PARSE_FAILED'],
    ['a query that is not valid', { query: '{ nonsense }' }, 400, 'GRAPHQL_VALIDATION_FAILED'],
    ['a query that is too expensive', { query: tooComplex }, 400, 'QUERY_COMPLEXITY'],
    [
      'a variable that is missing',
      { query: 'query ($id: ID!) { file(id: $id) { id } }' },
      400,
      'BAD_USER_INPUT',
    ],
    [
      'a variable of another type',
      { query: 'query ($first: Int) { files(first: $first) { totalCount } }', variables: { first: 'x' } },
      400,
      'BAD_USER_INPUT',
    ],
    ['an unknown operation', { query: 'query A { __typename }', operationName: 'B' }, 400, 'BAD_USER_INPUT'],
    [
      'no operation of several',
      { query: 'query A { __typename } query B { __typename }' },
      400,
      'BAD_USER_INPUT',
    ],
  ])(
    '%s: application/graphql-response+json says it, application/json gives a body',
    async (_what, body, status, code) => {
      const exact = await post(body, strict);
      expect(exact.status).toBe(status);
      expect(exact.headers['content-type']).toMatch(/^application\/graphql-response\+json/);
      const legacy = await post(body, { ...json, accept: 'application/json' });
      expect(legacy.headers['content-type']).toMatch(/^application\/json/);
      expect([200, status]).toContain(legacy.status);
      if (code === null) {
        expect(exact.body).toEqual({ data: { __typename: 'Query' } });
        expect(legacy.body).toEqual(exact.body);
        return;
      }
      for (const answer of [exact, legacy]) expect(onlyError(answer).code).toBe(code);
      // A result has data, even null; a request error has none (GraphQL specification, 7.1).
      expect('data' in exact.body).toBe(status === 200);
    },
  );

  it('is 200 for what does not parse or is not valid, where the client reads application/json', async () => {
    for (const query of ['{', '{ nonsense }']) expect((await post({ query })).status).toBe(200);
  });

  it('carries the request’s ID, which the errors name', async () => {
    const answer = await post(
      { query: '{ files(first: -1) { totalCount } }' },
      { ...json, 'x-request-id': 'mine-1' },
    );
    expect(answer.headers['x-request-id']).toBe('mine-1');
    expect(onlyError(answer)['requestId']).toBe('mine-1');
    const other = await post({ query: '{' });
    expect(onlyError(other)['requestId']).toBe(other.headers['x-request-id']);
  });
});

describe('a body that is no request', () => {
  it.each<[string, string | Uint8Array]>([
    ['nothing', ''],
    ['no JSON', '{"query":'],
    ['GraphQL itself', '{ __typename }'],
    ['null', 'null'],
    ['a string', '"{ __typename }"'],
    ['a number', '1'],
    ['an object without a query', '{}'],
    ['a query that is no string', '{"query":{}}'],
    ['an empty query', '{"query":""}'],
    ['a query of null', '{"query":null}'],
    ['variables that are a list', '{"query":"{ __typename }","variables":[]}'],
    ['variables that are text', '{"query":"{ __typename }","variables":"{}"}'],
    ['an operationName that is no string', '{"query":"{ __typename }","operationName":1}'],
    ['extensions that are a list', '{"query":"{ __typename }","extensions":[]}'],
    ['a parameter that there is not', '{"query":"{ __typename }","queries":1}'],
    ['an empty batch', '[]'],
    ['a batch of no objects', '[1]'],
    ['a batch with one bad one', '[{"query":"{ __typename }"},{}]'],
    ['bytes that are not UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d])],
    [
      'a query of more than 100,000 characters',
      JSON.stringify({ query: `{ __typename } #${'x'.repeat(100_000)}` }),
    ],
    ['JSON nested a hundred thousand deep', '['.repeat(100_000)],
  ])('is 400 BAD_USER_INPUT: %s', async (_what, body) => {
    for (const headers of [json, strict]) {
      const answer = await send('POST', headers, body);
      expect(answer.status).toBe(400);
      expect(onlyError(answer).code).toBe('BAD_USER_INPUT');
    }
  });

  it('takes explicit nulls, a byte order mark and unknown prototypes for what they are', async () => {
    expect(
      (await post('{"query":"{ __typename }","variables":null,"operationName":null,"extensions":null}'))
        .status,
    ).toBe(200);
    expect((await post('\ufeff{"query":"{ __typename }"}')).status).toBe(200);
    expect(
      (await post('{"query":"{ __typename }","variables":{"__proto__":{"a":1},"constructor":1}}')).status,
    ).toBe(200);
  });

  it('of 2 MB is 413 REQUEST_TOO_LARGE, announced or not', async () => {
    const body = JSON.stringify({ query: '{ __typename }', variables: { x: 'x'.repeat(2_000_000) } });
    for (const headers of [json, { ...json, 'transfer-encoding': 'chunked' }]) {
      const answer = await send('POST', headers, body);
      expect(answer.status).toBe(413);
      expect(onlyError(answer)).toMatchObject({ code: 'REQUEST_TOO_LARGE', maxSize: 1_000_000 });
    }
  });
});

describe('headers and methods', () => {
  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/graphql',
    'application/octet-stream',
    'foo',
    'a/b/c',
    '',
    'application/json2',
    'application/xml; application/json',
  ])('a POST of %j is 415', async (type) => {
    const answer = await send('POST', { 'content-type': type }, '{"query":"{ __typename }"}');
    expect(answer.status).toBe(415);
    expect(onlyError(answer)).toMatchObject({
      code: 'CONTENT_TYPE_NOT_ALLOWED',
      allowed: ['application/json', 'multipart/form-data'],
    });
  });

  it('a POST without a type is 415', async () => {
    expect((await send('POST', {}, '{"query":"{ __typename }"}')).status).toBe(415);
  });

  it('a body that is compressed is 415, since nothing here would unpack it', async () => {
    const answer = await post({ query: '{ __typename }' }, { ...json, 'content-encoding': 'gzip' });
    expect(answer.status).toBe(415);
    expect(onlyError(answer).code).toBe('CONTENT_TYPE_NOT_ALLOWED');
    expect(
      (await post({ query: '{ __typename }' }, { ...json, 'content-encoding': 'identity' })).status,
    ).toBe(200);
  });

  it('parameters and capitals of the type do not matter', async () => {
    for (const type of [
      'application/json; charset=utf-8',
      'Application/JSON;x="y;z"',
      ' application/json ',
    ]) {
      expect((await send('POST', { 'content-type': type }, '{"query":"{ __typename }"}')).status, type).toBe(
        200,
      );
    }
  });

  it.each(['PUT', 'PATCH', 'DELETE', 'TRACE'])('%s is 405 and says what there is', async (method) => {
    const answer = await send(method, json, method === 'TRACE' ? '' : '{"query":"{ __typename }"}');
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe('GET, POST');
    expect(onlyError(answer)).toMatchObject({ code: 'METHOD_NOT_ALLOWED', allow: ['GET', 'POST'] });
  });

  it('a query goes by GET without any special header', async () => {
    const query = 'query ($id: ID!) { file(id: $id) { id } }';
    const search = new URLSearchParams({ query, variables: '{"id":"x"}' });
    const answer = await send('GET', {}, '', `/graphql?${search}`);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ data: { file: null } });
  });

  it('a mutation by GET is 405, and does nothing', async () => {
    const id = await newFile(service);
    const query = `mutation { deleteFile(id: "${id}") { deleted } }`;
    for (const accept of ['application/json', 'application/graphql-response+json', '*/*']) {
      const answer = await send('GET', { accept }, '', `/graphql?${new URLSearchParams({ query })}`);
      expect(answer.status).toBe(405);
      expect(answer.headers.allow).toBe('POST');
      expect(onlyError(answer).code).toBe('METHOD_NOT_ALLOWED');
    }
    expect((await service.graphql('query ($id: ID!) { file(id: $id) { id } }', { id })).data).toEqual({
      file: { id },
    });
  });

  it.each([
    ['no query', ''],
    ['an empty query', 'query='],
    ['variables that are no JSON', 'query={__typename}&variables={'],
    ['variables that are a list', 'query={__typename}&variables=[]'],
    ['extensions that are no JSON', 'query={__typename}&extensions=x'],
  ])('a GET with %s is 400', async (_what, search) => {
    const answer = await send('GET', { accept: 'application/json' }, '', `/graphql?${search}`);
    expect(answer.status).toBe(400);
    expect(onlyError(answer).code).toBe('BAD_USER_INPUT');
  });

  it.each(['image/png', 'text/plain', 'application/json;q=0', 'garbage'])(
    'an Accept of %j, which nothing here meets, has an answer with a code',
    async (accept) => {
      const answer = await post({ query: '{ nonsense }' }, { ...json, accept });
      expect([200, 400, 406]).toContain(answer.status);
      expect(answer.text).not.toBe('');
    },
  );

  it.each([
    '*/*',
    'application/*',
    'text/html, */*;q=0.1',
    'application/graphql-response+json, application/json;q=0.9',
  ])('an Accept of %j gets JSON', async (accept) => {
    const answer = await post({ query: '{ __typename }' }, { ...json, accept });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ data: { __typename: 'Query' } });
  });

  it.each(['multipart/mixed', 'text/event-stream'])(
    'an Accept of %s gets a well-formed answer',
    async (accept) => {
      const answer = await post({ query: '{ __typename }' }, { ...json, accept });
      expect(answer.status).toBe(200);
      expect(answer.text).toContain('{"data":{"__typename":"Query"}}');
    },
  );

  it('another page’s origin is refused before anything is done', async () => {
    const id = await newFile(service);
    for (const origin of ['https://evil.example', 'null', 'http://localhost.evil.example']) {
      const answer = await post(
        { query: `mutation { deleteFile(id: "${id}") { deleted } }` },
        { ...json, origin },
      );
      expect(answer.status).toBe(403);
      expect(answer.text).toContain('"code":"FORBIDDEN"');
    }
    expect((await service.graphql('query ($id: ID!) { file(id: $id) { id } }', { id })).data).toEqual({
      file: { id },
    });
    const local = await post({ query: '{ __typename }' }, { ...json, origin: 'http://localhost:5173' });
    expect(local.headers['access-control-allow-origin']).toBe('http://localhost:5173');
  });
});

describe('a batch', () => {
  it('is answered in its order, each with its own result', async () => {
    const answer = await post([
      { query: '{ __typename }' },
      { query: '{ nonsense }' },
      { query: 'query ($first: Int) { files(first: $first) { totalCount } }', variables: { first: 101 } },
      { query: 'mutation { deleteFile(id: "x") { deleted } }' },
    ]);
    const results: GraphqlBody[] = JSON.parse(answer.text);
    expect(answer.status).toBe(200);
    expect(results.map((result) => result.errors?.[0]?.extensions.code ?? result.data)).toEqual([
      { __typename: 'Query' },
      'GRAPHQL_VALIDATION_FAILED',
      'BAD_USER_INPUT',
      { deleteFile: { deleted: false } },
    ]);
  });

  it('takes ten operations, and refuses eleven', async () => {
    const batch = (size: number): ReturnType<typeof post> =>
      post(Array(size).fill({ query: '{ __typename }' }));
    expect(JSON.parse((await batch(10)).text)).toHaveLength(10);
    const refused = await batch(11);
    expect(refused.status).toBe(413);
    expect(onlyError(refused).code).toBe('REQUEST_TOO_LARGE');
  });
});
