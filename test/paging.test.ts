/** Pages of files by every order, both ways, across nulls and equal keys, at rest and while files come and go. */
import fc from 'fast-check';
import type { Document } from 'mongodb';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { FileOrder, Page, PageArguments, StoredFile } from '../src/domain/model.ts';
import type { UseCases } from '../src/domain/use-cases.ts';
import { type FileRow, insertFiles } from './support/file-rows.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { app } from './support/use-case-input.ts';

let store: TestGridhold;
let rules: UseCases;

beforeAll(async () => {
  store = await openTestGridhold();
  rules = store.gridhold.useCases;
});

afterEach(() => store.db.collection('files').deleteMany({}));

/** Few values and many files, so that keys are equal and nulls are many. */
const rowOf = fc.record({
  _id: fc.stringMatching(/^file_[0-7][0-9a-hjkmnp-tv-z]{25}$/),
  filename: fc.constantFrom(null, '', 'a', 'B', 'b', 'é', 'z\ufffd', '🏔'),
  size: fc.constantFrom(0, 1, 300_000, 2 ** 40),
  uploadedAt: fc.constantFrom(0, 1, 1_000).map((ms) => new Date(1_700_000_000_000 + ms)),
});
const rowsOf = (maxLength: number): fc.Arbitrary<FileRow[]> =>
  fc.uniqueArray(rowOf, { selector: ({ _id }) => _id, maxLength, size: 'max' });
const orderOf: fc.Arbitrary<FileOrder> = fc.record({
  field: fc.constantFrom('UPLOADED_AT', 'SIZE', 'FILENAME'),
  direction: fc.constantFrom('ASC', 'DESC'),
});

const keyOf = ({ filename, size, uploadedAt }: FileRow, { field }: FileOrder): Buffer | number => {
  if (field === 'FILENAME') return filename === null ? -1 : Buffer.from(filename);
  return field === 'SIZE' ? size : uploadedAt.getTime();
};
const compareKeys = (one: Buffer | number, other: Buffer | number): number => {
  if (typeof one === 'number') return typeof other === 'number' ? one - other : -1;
  return typeof other === 'number' ? 1 : Buffer.compare(one, other);
};
/** What the contract says: null names first ascending, last descending; equal keys by ID, in the same direction. */
function sorted(rows: readonly FileRow[], order: FileOrder): string[] {
  const ascending = [...rows].sort(
    (one, other) => compareKeys(keyOf(one, order), keyOf(other, order)) || (one._id < other._id ? -1 : 1),
  );
  const ids = ascending.map(({ _id }) => _id);
  return order.direction === 'ASC' ? ids : ids.reverse();
}

const idsOf = (page: Page<StoredFile>): string[] => page.edges.map(({ node }) => node.id);
const list = (args: PageArguments, order?: FileOrder): Promise<Page<StoredFile>> =>
  rules.listFiles(args, null, order, app);

/** All pages one way, with what happens between them; the ends of the connection are checked on the way. */
async function walk(
  backward: boolean,
  size: number,
  order: FileOrder,
  between: () => Promise<void> = async () => undefined,
): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | null = null;
  for (;;) {
    const page: Page<StoredFile> = await list(
      backward ? { last: size, before: cursor } : { first: size, after: cursor },
      order,
    );
    pages.push(idsOf(page));
    expect(backward ? page.hasNextPage : page.hasPreviousPage).toBe(cursor !== null);
    cursor = (backward ? page.edges[0] : page.edges.at(-1))?.cursor ?? null;
    if (!(backward ? page.hasPreviousPage : page.hasNextPage)) return pages;
    expect(page.edges).toHaveLength(size);
    await between();
  }
}

test('forward and backward, the pages are the sorted whole', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(rowsOf(40), orderOf, fc.integer({ min: 1, max: 15 }), async (rows, order, size) => {
      await store.db.collection('files').deleteMany({});
      await insertFiles(store.db, rows);
      const whole = sorted(rows, order);
      expect((await walk(false, size, order)).flat()).toEqual(whole);
      expect((await walk(true, size, order)).reverse().flat()).toEqual(whole);
    }),
    { numRuns: 60 },
  );
});

test('while files come and go, none that stays is missed, and none comes twice', {
  timeout: 120_000,
}, async () => {
  const changeOf = fc.record({ come: rowsOf(4), go: fc.nat(), backward: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(
      rowsOf(30),
      fc.array(changeOf, { minLength: 3, maxLength: 12 }),
      orderOf,
      fc.boolean(),
      async (rows, changes, order, backward) => {
        const files = store.db.collection<FileRow>('files');
        await files.deleteMany({});
        await insertFiles(store.db, rows);
        const stayed = new Map(rows.map((row) => [row._id, row]));
        const present = new Map(stayed);
        let step = 0;
        const pages = await walk(backward, 4, order, async () => {
          const change = changes[step++ % changes.length];
          const come = change?.come.filter(({ _id }) => !present.has(_id)) ?? [];
          // Not for ever: a walk must end.
          await insertFiles(store.db, step < 20 ? come : []);
          for (const row of come) present.set(row._id, row);
          const gone = [...present.keys()][(change?.go ?? 0) % Math.max(present.size, 1)];
          if (gone === undefined) return;
          await files.deleteOne({ _id: gone });
          present.delete(gone);
          stayed.delete(gone);
        });
        const seen = (backward ? pages.reverse() : pages).flat();
        expect(new Set(seen).size).toBe(seen.length);
        expect(seen.filter((id) => stayed.has(id))).toEqual(sorted([...stayed.values()], order));
      },
    ),
    { numRuns: 40 },
  );
});

test('between two cursors there is what lies between them', async () => {
  await fc.assert(
    fc.asyncProperty(
      rowsOf(20),
      orderOf,
      fc.nat(),
      fc.nat(),
      fc.boolean(),
      async (rows, order, from, to, backward) => {
        await store.db.collection('files').deleteMany({});
        await insertFiles(store.db, rows);
        const { edges } = await list({ first: 100 }, order);
        const [start, end] = [from % (edges.length + 1), to % (edges.length + 1)];
        const [after, before] = [edges[start]?.cursor ?? null, edges[end]?.cursor ?? null];
        const page = await list({ after, before, ...(backward ? { last: 5 } : { first: 5 }) }, order);
        const between = sorted(rows, order).slice(after ? start + 1 : 0, before ? end : undefined);
        expect(idsOf(page)).toEqual(backward ? between.slice(-5) : between.slice(0, 5));
      },
    ),
    { numRuns: 40 },
  );
});

test('a record that somebody else wrote wrongly fails no list that it is on', async () => {
  // Collecting begins with the first hold: from then on `unreferencedSince` is reckoned with.
  const held = await store.gridhold.store(Buffer.from('x'));
  await store.gridhold.attach({ fileId: held.id, document: { collection: 'posts', documentId: '1' } });
  const [first = '', second = ''] = ['file_00000000000000000000000001', 'file_00000000000000000000000002'];
  const row = { filename: null, size: 1, uploadedAt: new Date(1_700_000_000_000) };
  await insertFiles(store.db, [
    { ...row, _id: first },
    { ...row, _id: second },
  ]);
  const files = store.db.collection<Document & { _id: string }>('files');
  await files.updateOne({ _id: first }, { $set: { keep: false, unreferencedSince: '2026-11-02T10:00:00Z' } });
  await files.updateOne({ _id: second }, { $set: { blobId: '6a0000000000000000000000' } });
  const page = await list({ first: 10 });
  expect(idsOf(page)).toEqual([held.id, second, first]);
  expect(page.edges.map(({ node }) => node.expiresAt)).toEqual([null, null, null]);
});
