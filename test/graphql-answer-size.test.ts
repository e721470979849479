/** How many bytes an answer may have: queries that are short and cheap by their weights, and ask for the same often. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { newFile, refusal } from './support/graphql-calls.ts';
import { type GraphqlAnswer, type Service, startService } from './support/service.ts';

const limitBytes = 16_000_000;
const mostGrowthBytes = 320 * 1_048_576;
const words = 'its answer has more than 16000000 bytes; at most 16000000 are allowed';

let service: Service;
/** Has the longest name that there is, and 100 documents. */
let file: string;

beforeAll(async () => {
  service = await startService();
  file = await newFile(service);
  const name = await post({
    query:
      'mutation ($id: ID!, $filename: String!) { updateFile(id: $id, input: { filename: $filename }) { id } }',
    variables: { id: file, filename: '大'.repeat(1_024) },
  });
  expect(name.body).not.toContain('errors');
  for (const half of [0, 1]) {
    const attach = fields(
      50,
      (at) => `attachFile(fileId: $id, document: { collection: "c", documentId: "${half}-${at}" }) { id }`,
    );
    const { body } = await post({ query: `mutation ($id: ID!) { ${attach} }`, variables: { id: file } });
    expect(body).not.toContain('errors');
  }
});

const fields = (count: number, field: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => `a${at}: ${field(at)}`).join(' ');

const pages = (inner: string): string =>
  `query ($id: ID!) { file(id: $id) { attachments(first: 100) { nodes { file { attachments(first: 100) { nodes { ${inner} } } } } } } }`;

async function post(operations: object): Promise<{ readonly status: number; readonly body: string }> {
  const response = await fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
    body: JSON.stringify(operations),
  });
  return { status: response.status, body: await response.text() };
}

/** The answer, which must be nothing but one refusal. */
async function refused(query: string, variables: object): Promise<number> {
  const { status, body } = await post({ query, variables });
  expect(body.length).toBeLessThan(1_000);
  const answer: GraphqlAnswer<unknown> = JSON.parse(body);
  expect(answer).not.toHaveProperty('data');
  expect(refusal(answer)).toEqual({ code: 'QUERY_COMPLEXITY', message: expect.stringContaining(words) });
  return status;
}

function rssBytes(): number {
  const [, kibibytes] =
    /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${service.process.pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1_024;
}

/** The most that the service grew by while the work went on. */
async function growthDuring(work: () => Promise<unknown>): Promise<number> {
  const before = rssBytes();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, rssBytes());
  }, 10);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return Math.max(most, rssBytes()) - before;
}

describe('how many bytes an answer may have', () => {
  it('is enough for a hundred files with a hundred attachments each', async () => {
    const { status, body } = await post({
      query: pages(
        '__typename id field attachedAt document { id collection documentId } file { id url refCount }',
      ),
      variables: { id: file },
    });
    expect(status).toBe(200);
    expect(body).not.toContain('errors');
    expect(body.length).toBeGreaterThan(3_500_000);
    expect(body.length).toBeLessThan(limitBytes);
  });

  it.skipIf(process.platform !== 'linux')('bounds the memory that an answer takes', async () => {
    const attack = pages(`file { ${fields(17, () => 'filename')} }`);
    const growth = await growthDuring(async () => {
      for (let round = 0; round < 3; round++) await refused(attack, { id: file });
    });
    expect(growth).toBeLessThan(mostGrowthBytes);
  });

  it.each([
    ['a long name of ten thousand', pages(`file { ${fields(17, () => 'filename')} }`)],
    [
      'a type, by long names of fields',
      pages(fields(15, () => '__typename').replaceAll(/a(\d+)/g, `${'a'.repeat(200)}$1`)),
    ],
    ['small values, by long names of fields', pages(`${'a'.repeat(2_000)}: field`)],
    ['objects, by long names of fields', pages(`${'a'.repeat(2_000)}: document { field: __typename }`)],
  ])('is over at %s: one refusal', async (_what, query) => {
    expect(await refused(query, { id: file })).toBe(400);
  });

  it('is over at many names of many equal files', async () => {
    const query = `query ($ids: [ID!]!) { filesByIds(ids: $ids) { ${fields(100, () => 'filename')} } }`;
    expect(await refused(query, { ids: Array(100).fill(file) })).toBe(400);
  });

  it('is over at errors, of which there may be as many as values', async () => {
    const inner = 'filesByIds(ids: $ids) { url(expiresIn: -1) }';
    const operation = {
      query: `query ($ids: [ID!]!) { ${fields(95, () => inner)} }`,
      variables: { ids: Array(100).fill(file) },
    };
    const { body } = await post([operation, operation]);
    expect(body.length).toBeLessThan(limitBytes);
    expect(body).toContain(words);
  });

  it('is shared by a batch', async () => {
    const query = `query ($ids: [ID!]!) { filesByIds(ids: $ids) { ${fields(20, () => 'filename')} } }`;
    const operation = { query, variables: { ids: Array(100).fill(file) } };
    const { status, body } = await post(operation);
    expect([status, body.includes('errors')]).toEqual([200, false]);
    const batch = await post(Array(10).fill(operation));
    expect(Buffer.byteLength(batch.body)).toBeLessThan(limitBytes);
    expect(batch.body).toContain(words);
  });

  it('is counted anew for each request', async () => {
    await refused(pages(`file { ${fields(17, () => 'filename')} }`), { id: file });
    expect((await service.graphql(pages('id'), { id: file })).errors).toBeUndefined();
  });

  it('ends the answer of a mutation, not the mutation: data is null, and it is done', async () => {
    const metadata = { seen: crypto.randomUUID() };
    const { status, body } = await post({
      query: `mutation ($id: ID!, $metadata: JSONObject!) {
        first: updateFile(id: $id, input: { keep: true }) { attachments(first: 100) { nodes { file { attachments(first: 100) { nodes { file { filename } } } } } } }
        second: updateFile(id: $id, input: { metadata: $metadata }) { metadata }
      }`,
      variables: { id: file, metadata },
    });
    const answer: GraphqlAnswer<unknown> = JSON.parse(body);
    expect([status, answer.data]).toEqual([200, null]);
    expect(refusal(answer)).toEqual({ code: 'QUERY_COMPLEXITY', message: expect.stringContaining(words) });
    const { data } = await service.graphql('query ($id: ID!) { file(id: $id) { keep metadata } }', {
      id: file,
    });
    expect(data).toEqual({ file: { keep: true, metadata } });
  });

  it('counts a schema that is asked for many times', async () => {
    const schema =
      '__schema { types { fields { type { ofType { description fields { type { ofType { description } } } } } } } }';
    const { body } = await post(Array(10).fill({ query: `{ ${fields(50, () => schema)} }` }));
    expect(body.length).toBeLessThan(limitBytes);
    expect(body).toContain(words);
    const alias = '{ __schema { types { a: description } } }';
    expect(refusal(await service.graphql(alias)).code).toBe('QUERY_COMPLEXITY');
  });
});
