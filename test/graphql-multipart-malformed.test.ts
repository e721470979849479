/** Multipart requests that are no multipart requests: each has an answer with a code, at once, and nothing is stored. */
import { randomBytes } from 'node:crypto';
import type { Db } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal, expectService } from './support/multipart-outcomes.ts';
import { type Part, postMultipart, uploadMutation } from './support/multipart-request.ts';
import { databaseOf, stockOf } from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

let service: Service;
let db: Db;
beforeAll(async () => {
  service = await startService();
  db = await databaseOf(service);
});

const operations: Part = {
  name: 'operations',
  body: JSON.stringify({ query: uploadMutation, variables: { file: null } }),
};
const map = (entries: unknown): Part => ({ name: 'map', body: JSON.stringify(entries) });
const goodMap = map({ 0: ['variables.file'] });
const file: Part = { name: '0', body: randomBytes(300_000), filename: 'file.bin' };

const refused = (parts: readonly Part[], codes?: readonly string[]): Promise<void> =>
  expectRefusal({ service, db }, parts, codes);

describe('the parts', () => {
  it.each<[string, readonly Part[]]>([
    ['none at all', []],
    ['only a file', [file]],
    ['no map', [operations, file]],
    ['no operations', [goodMap, file]],
    ['a map before the operations', [goodMap, operations, file]],
    ['a file before the map', [operations, file, goodMap]],
    ['only operations', [operations]],
    ['no file that the map names', [operations, goodMap]],
    ['another file than the map names', [operations, goodMap, { ...file, name: '1' }]],
    ['operations as a file', [{ ...operations, filename: 'operations.json' }, goodMap, file]],
    ['operations twice', [operations, operations, goodMap, file]],
  ])('%s: BAD_USER_INPUT', async (_what, parts) => {
    await refused(parts);
  });

  it('one that nobody refers to is read over', async () => {
    const stray: Part = { name: 'stray', body: randomBytes(300_000), filename: 'stray.bin' };
    for (const parts of [
      [operations, goodMap, stray, file],
      [operations, goodMap, file, stray],
      [operations, goodMap, file, { name: 'field', body: 'x'.repeat(1_000) }],
      [operations, goodMap, file, { ...file, body: 'the same part again' }],
    ]) {
      const before = await stockOf(db);
      const { body, text } = await postMultipart(service.url, parts);
      expect(body, text).toMatchObject({ data: { uploadFile: { size: 300_000 } } });
      const after = await stockOf(db);
      expect(after).toMatchObject({ files: (before['files'] ?? 0) + 1, leases: before['leases'] });
    }
  });

  it('too many of them: more than twenty files', async () => {
    const many = (count: number): Part[] => {
      const names = Array.from({ length: count }, (_, index) => `f${index}`);
      const query = `mutation (${names.map((name) => `$${name}: Upload!`).join(' ')}) {
        ${names.map((name) => `${name}: uploadFile(file: $${name}) { size }`).join(' ')}
      }`;
      return [
        {
          name: 'operations',
          body: JSON.stringify({ query, variables: Object.fromEntries(names.map((name) => [name, null])) }),
        },
        map(Object.fromEntries(names.map((name) => [name, [`variables.${name}`]]))),
        ...names.map((name) => ({ name, body: name, filename: name })),
      ];
    };
    const { body } = await postMultipart(service.url, many(20));
    expect(Object.keys(body.data ?? {})).toHaveLength(20);
    await refused(many(21), ['BAD_USER_INPUT', 'REQUEST_TOO_LARGE']);
    await refused(many(1_000), ['BAD_USER_INPUT', 'REQUEST_TOO_LARGE']);
    await expectService(service);
  });
});

describe('the map', () => {
  it.each<unknown>([
    null,
    [],
    'text',
    7,
    {},
    { 0: 'variables.file' },
    { 0: [] },
    { 0: [7] },
    { 0: ['file'] },
    { 0: ['variables'] },
    { 0: ['variables.'] },
    { 0: ['variables.file.x'] },
    { 0: ['variables.missing'] },
    { 0: ['query'] },
    { 0: ['operationName'] },
    { 0: ['extensions.x'] },
    { 0: ['0.variables.file'] },
    { 0: ['variables.file', 'variables.file'] },
    { 0: ['variables.file'], 1: ['variables.file'] },
    { 0: ['__proto__'] },
    { 0: ['__proto__.polluted'] },
    { 0: ['variables.__proto__'] },
    { 0: ['variables.__proto__.polluted'] },
    { 0: ['variables.constructor.prototype.polluted'] },
    { 0: ['constructor.prototype.polluted'] },
    { 0: ['hasOwnProperty.call'] },
    { 0: ['variables.file.resolve'] },
    { 0: ['variables.toString'] },
  ])('%j: BAD_USER_INPUT', async (entries) => {
    await refused([operations, map(entries), file]);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    await expectService(service);
  });

  it.each([
    '{"__proto__":["variables.file"]}',
    '{"constructor":["variables.file"]}',
    '{"0":["variables.file"],"0":["variables.x"]}',
  ])('%s is taken for what it is, or refused, and harms nobody', async (text) => {
    const { body } = await postMultipart(service.url, [operations, { name: 'map', body: text }, file]);
    expect(body.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    await expectService(service);
  });

  it.each(['', '{', 'undefined', '{"0":["variables.file"]', '\u0000'])(
    '%j, which is no JSON: BAD_USER_INPUT',
    async (text) => {
      await refused([operations, { name: 'map', body: text }, file]);
    },
  );
});

describe('the operations', () => {
  it.each([
    '',
    '{',
    'null',
    '7',
    '[]',
    '{}',
    '"text"',
    '{"query":7}',
    '{"query":"{ __typename }","variables":[]}',
    '{"query":"{ __typename }","variables":"x"}',
    '{"query":"{ __typename }"}',
    '{"variables":{"file":null}}',
  ])('%j: BAD_USER_INPUT', async (text) => {
    await refused([{ name: 'operations', body: text }, goodMap, file]);
  });

  it.each([
    ['nested 10,000 deep', '['.repeat(10_000) + ']'.repeat(10_000)],
    ['of 100,000 values', `[${'1,'.repeat(100_000)}1]`],
  ])('with variables %s: BAD_USER_INPUT', async (_what, json) => {
    const body = `{"query":${JSON.stringify(uploadMutation)},"variables":{"file":null,"x":${json}}}`;
    await refused([{ name: 'operations', body }, goodMap, file], ['BAD_USER_INPUT']);
  });

  it('of more than a megabyte: REQUEST_TOO_LARGE', async () => {
    const body = JSON.stringify({
      query: uploadMutation,
      variables: { file: null, x: 'x'.repeat(1_500_000) },
    });
    await refused([{ name: 'operations', body }, goodMap, file], ['REQUEST_TOO_LARGE']);
    await refused(
      [operations, map({ 0: ['variables.file'], x: ['x'.repeat(1_500_000)] }), file],
      ['REQUEST_TOO_LARGE'],
    );
  });
});
