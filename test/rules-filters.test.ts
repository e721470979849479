/** What the filters of a list of files mean, whatever characters they hold; the same for lists and counts. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { FileFilter, StoreFileInput } from '../src/domain/model.ts';
import type { UseCases } from '../src/domain/use-cases.ts';
import { openTestGridhold } from './support/open-gridhold.ts';
import { app, documentOf, incomingOf, refusalOf } from './support/use-case-input.ts';

let rules: UseCases;
const names = [
  'photo.jpg',
  'PHOTO.JPG',
  'a+b.txt',
  'a.b.txt',
  'aXbXtxt',
  '(1).txt',
  '[x]',
  '^start',
  'end$',
  'back\\slash',
  'a|b',
  'q?',
  'star*',
  '{1,2}',
  '#hash',
  'two\nlines',
  'nul\0byte',
  '-dash-',
  'Größe.png',
  '日本語',
  '🏔️',
  '$owner',
  '/slash/',
  '\\Q\\E',
  '(?i)',
  'a b',
  '&~`%@!"\'<>,;:=',
];

beforeAll(async () => {
  rules = (await openTestGridhold()).gridhold.useCases;
  const store = (bytes: string, input: StoreFileInput, declaredType = 'text/plain'): Promise<unknown> =>
    rules.storeFile(incomingOf(bytes, { declaredType }), input, app);
  for (const filename of names) await store('names', { filename });
  await store('png', { owner: 'ann', visibility: 'PRIVATE' }, 'image/png');
  await store('svg', { owner: 'bob' }, 'image/x-icon');
  await store('plain', { owner: 'ann' }, 'text/plain;charset=utf-8');
  await store('longer', { owner: 'ann' }, 'text/plain-and-more');
  await store('held', { attachTo: { document: documentOf('posts', 1) } }, 'application/pdf');
});

async function namesBy(filter: FileFilter): Promise<(string | null)[]> {
  const { edges } = await rules.listFiles(
    { first: 100 },
    filter,
    { field: 'FILENAME', direction: 'ASC' },
    app,
  );
  expect(await rules.countFiles(filter, app)).toBe(edges.length);
  return edges.map(({ node }) => node.filename);
}
async function typesBy(filter: FileFilter): Promise<string[]> {
  const { edges } = await rules.listFiles({ first: 100 }, filter, null, app);
  expect(await rules.countFiles(filter, app)).toBe(edges.length);
  return edges.map(({ node }) => node.contentType).sort();
}

describe('by name', () => {
  const lower = (text: string): string => text.toLowerCase();
  const parts = [
    ...names,
    '.',
    '+',
    '(',
    ')',
    '[',
    ']',
    '^',
    '$',
    '\\',
    '|',
    '?',
    '*',
    '{',
    '}',
    '#',
    '\n',
    '\0',
    '-',
    'ö',
    'Ö',
    ' ',
    'jpg',
    'a.b',
    '\\E',
    '.*',
    'x{',
    '\t',
    '/',
  ];
  test('finds what contains it, in any case, and nothing else', async () => {
    for (const part of parts) {
      const expected = names.filter((name) => lower(name).includes(lower(part)));
      expect((await namesBy({ filename: part })).sort(), JSON.stringify(part)).toEqual(expected.sort());
    }
  });

  test('finds all that have one where it is empty', async () => {
    expect(await namesBy({ filename: '' })).toHaveLength(names.length);
  });

  test('has an answer for what no name can hold', async () => {
    for (const filename of ['x'.repeat(1_025), '.'.repeat(50_000), '\ud800']) {
      const outcome = await refusalOf(rules.listFiles({}, { filename }, null, app));
      expect(outcome?.code).toBe('BAD_USER_INPUT');
      expect(outcome?.message).toContain('filename');
    }
  });
});

describe('by type', () => {
  test.each<[string, string[]]>([
    ['image/png', ['image/png']],
    ['IMAGE/PNG', ['image/png']],
    ['image/*', ['image/png', 'image/x-icon']],
    ['text/plain-and-more', ['text/plain-and-more']],
    ['application/*', ['application/pdf']],
    ['video/*', []],
    ['image/x.icon', []],
    ['im/*', []],
    [
      '*/*',
      [
        'application/pdf',
        'image/png',
        'image/x-icon',
        ...names.map(() => 'text/plain'),
        'text/plain-and-more',
        'text/plain;charset=utf-8',
      ],
    ],
  ])('%s finds what it names', async (contentType, expected) => {
    expect(await typesBy({ contentType })).toEqual(expected);
  });

  test('parameters do not count', async () => {
    const types = await typesBy({ contentType: 'text/plain', owner: 'ann' });
    expect(types).toEqual(['text/plain;charset=utf-8']);
  });

  test.each([
    '',
    'image',
    'image/',
    '/png',
    '*/png',
    'image/**',
    'image/.*',
    'a/b/c',
    '$owner',
    'x'.repeat(100_000),
    `x/${'x'.repeat(100_000)}`,
  ])('is refused where it is none (%#)', async (contentType) => {
    const refusal = await refusalOf(rules.listFiles({}, { contentType }, null, app));
    expect([refusal?.code, refusal?.message.includes('contentType')]).toEqual(['BAD_USER_INPUT', true]);
    expect((await refusalOf(rules.countFiles({ contentType }, app)))?.code).toBe('BAD_USER_INPUT');
  });
});

describe('by the rest', () => {
  test('owner, visibility, holds, hash and time, one by one and together', async () => {
    const { edges } = await rules.listFiles({ first: 100 }, null, null, app);
    const find = async (filter: FileFilter): Promise<number> => (await typesBy(filter)).length;
    const all = edges.length;
    expect(await find({ owner: 'ann' })).toBe(3);
    expect(await find({ owner: 'nobody' })).toBe(0);
    expect(await find({ owner: '$owner' })).toBe(0);
    expect(await find({ visibility: 'PRIVATE' })).toBe(1);
    expect(await find({ visibility: 'PUBLIC' })).toBe(all - 1);
    expect(await find({ referenced: true })).toBe(1);
    expect(await find({ referenced: false })).toBe(all - 1);
    const png = edges.find(({ node }) => node.contentType === 'image/png')?.node;
    expect(await find({ sha256: png?.sha256 ?? '' })).toBe(1);
    expect(await find({ sha256: png?.sha256.toUpperCase() ?? '' })).toBe(1);
    expect(await find({ sha256: png?.sha256 ?? '', owner: 'bob' })).toBe(0);
    const [newest, oldest] = [edges[0]?.node.uploadedAt, edges.at(-1)?.node.uploadedAt];
    if (!newest || !oldest) throw new Error('There are files');
    expect(await find({ uploadedAfter: newest })).toBe(0);
    expect(await find({ uploadedBefore: oldest })).toBe(0);
    expect(
      await find({
        uploadedAfter: new Date(oldest.getTime() - 1),
        uploadedBefore: new Date(newest.getTime() + 1),
      }),
    ).toBe(all);
    expect(
      await find({
        owner: null,
        visibility: null,
        referenced: null,
        sha256: null,
        contentType: null,
        filename: null,
        uploadedAfter: null,
        uploadedBefore: null,
      }),
    ).toBe(all);
  });

  test('a malformed hash is refused', async () => {
    for (const sha256 of ['', 'x', 'g'.repeat(64), '0'.repeat(63)]) {
      expect(await refusalOf(rules.listFiles({}, { sha256 }, null, app))).toMatchObject({
        code: 'BAD_USER_INPUT',
      });
    }
  });

  test('the pages of a filtered list are the filtered whole', async () => {
    const whole = await namesBy({ filename: 'a' });
    const seen: (string | null)[] = [];
    let after: string | null = null;
    do {
      const page: Awaited<ReturnType<UseCases['listFiles']>> = await rules.listFiles(
        { first: 2, after },
        { filename: 'a' },
        { field: 'FILENAME', direction: 'ASC' },
        app,
      );
      seen.push(...page.edges.map(({ node }) => node.filename));
      after = page.hasNextPage ? (page.edges.at(-1)?.cursor ?? null) : null;
    } while (after !== null);
    expect(seen).toEqual(whole);
  });
});
