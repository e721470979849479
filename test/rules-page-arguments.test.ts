/** What a page of files is asked for with: counts and cursors, by default, at their bounds, and malformed. */
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { FileOrder, Page, PageArguments, StoredFile } from '../src/domain/model.ts';
import type { UseCases } from '../src/domain/use-cases.ts';
import { type FileRow, insertFiles } from './support/file-rows.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { app, refusalOf } from './support/use-case-input.ts';

let store: TestGridhold;
let rules: UseCases;

beforeAll(async () => {
  store = await openTestGridhold();
  rules = store.gridhold.useCases;
});

afterEach(() => store.db.collection('files').deleteMany({}));

const idsOf = (page: Page<StoredFile>): string[] => page.edges.map(({ node }) => node.id);
const list = (args: PageArguments, order?: FileOrder): Promise<Page<StoredFile>> =>
  rules.listFiles(args, null, order, app);
const rows = Array.from(
  { length: 120 },
  (_, n): FileRow => ({
    _id: `file_0${String(n).padStart(25, '0')}`,
    filename: null,
    size: n,
    uploadedAt: new Date(1_700_000_000_000 + n),
  }),
);

test('default to the newest 20, at most 100, and none where none are asked for', async () => {
  await insertFiles(store.db, rows);
  const newest = rows.map(({ _id }) => _id).reverse();
  expect(idsOf(await list({}))).toEqual(newest.slice(0, 20));
  const nulls = { first: null, last: null, after: null, before: null };
  expect(idsOf(await list(nulls))).toEqual(newest.slice(0, 20));
  expect(idsOf(await list({ first: 100 }))).toEqual(newest.slice(0, 100));
  expect(idsOf(await list({ last: 3 }))).toEqual(newest.slice(-3));
  expect(await list({ first: 0 })).toMatchObject({ edges: [], hasNextPage: true, hasPreviousPage: false });
  expect(await list({ last: 0 })).toMatchObject({ edges: [], hasNextPage: false, hasPreviousPage: true });
});

const badCounts: [string, PageArguments][] = [
  ['first', { first: -1 }],
  ['first', { first: 101 }],
  ['first', { first: 1.5 }],
  ['first', { first: Number.NaN }],
  ['last', { last: -1 }],
  ['last', { last: 101 }],
  ['last', { first: 1, last: 1 }],
  ['first', { first: 0, last: 0 }],
];
test.each(badCounts)('a malformed %s is refused by its name (%#)', async (name, args) => {
  const refusal = await refusalOf(list(args));
  expect([refusal?.code, refusal?.message.includes(name)]).toEqual(['BAD_USER_INPUT', true]);
});

test.each(['', 'x', '....', 'null', '🏔', 'e30', 'W10', 'x'.repeat(20_000)])(
  'a malformed cursor is refused by the name of its argument (%#)',
  (cursor) => expectRefused(cursor),
);

test('a cursor that somebody has changed is refused, too', async () => {
  await insertFiles(store.db, rows.slice(0, 1));
  const [{ cursor } = { cursor: '' }] = (await list({})).edges;
  const [kind, time, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  const changed: unknown[] = [
    kind,
    [kind],
    [kind, time],
    [kind, null, id],
    [kind, 'x', id],
    [kind, 1e300, id],
  ];
  changed.push(
    [kind, time, null],
    [kind, { $gt: 0 }, id],
    [kind, time, { $gt: '' }],
    [kind, time, id, id],
    [time, id],
  );
  for (const value of changed) await expectRefused(Buffer.from(JSON.stringify(value)).toString('base64url'));
});

async function expectRefused(cursor: string): Promise<void> {
  for (const name of ['after', 'before']) {
    const refusal = await refusalOf(list({ [name]: cursor }));
    expect([refusal?.code, refusal?.message.includes(name)], cursor).toEqual(['BAD_USER_INPUT', true]);
  }
}

test('a cursor of another order is refused, and one of a file that is gone goes on', async () => {
  await insertFiles(store.db, rows.slice(0, 5));
  const { edges } = await list({ first: 2 });
  const after = edges[1]?.cursor ?? '';
  for (const field of ['SIZE', 'FILENAME'] as const) {
    expect((await refusalOf(list({ after }, { field, direction: 'DESC' })))?.code).toBe('BAD_USER_INPUT');
  }
  await store.db.collection<FileRow>('files').deleteMany({ _id: edges[1]?.node.id ?? '' });
  const older = rows.slice(0, 3).reverse();
  expect(idsOf(await list({ after }))).toEqual(older.map(({ _id }) => _id));
});
