/** Pages of holds, of files and of documents, and pages of documents: by key, both ways, the whole. */
import fc from 'fast-check';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { Page, PageArguments } from '../src/domain/model.ts';
import type { AttachmentsOf, UseCases } from '../src/domain/use-cases.ts';
import { type Hold, insertHolds, storeFiles } from './support/inserted-holds.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { app, commandsDuring, documentOf } from './support/use-case-input.ts';

let store: TestGridhold;
let rules: UseCases;
let fileIds: string[];

beforeAll(async () => {
  store = await openTestGridhold();
  rules = store.gridhold.useCases;
  fileIds = await storeFiles(store.gridhold, 120);
});

afterEach(() => store.db.collection('attachments').deleteMany({}));

const insert = (holds: readonly Hold[]): Promise<void> => insertHolds(store.db, fileIds, holds);

async function walk<T>(
  backward: boolean,
  size: number,
  read: (args: PageArguments) => Promise<Page<T> | undefined>,
): Promise<T[]> {
  const pages: T[][] = [];
  let cursor: string | null = null;
  for (;;) {
    const page: Page<T> | undefined = await read(
      backward ? { last: size, before: cursor } : { first: size, after: cursor },
    );
    pages.push(page?.edges.map(({ node }) => node) ?? []);
    const more = backward ? page?.hasPreviousPage : page?.hasNextPage;
    cursor = (backward ? page?.edges[0] : page?.edges.at(-1))?.cursor ?? null;
    if (!more) return (backward ? pages.reverse() : pages).flat();
    if (cursor === null) throw new Error('A page that has more is empty');
  }
}

const holdsOf = fc.uniqueArray(
  fc.record({
    file: fc.nat({ max: 2 }),
    collection: fc.constantFrom('posts', 'users'),
    documentId: fc.constantFrom('1', '10', '2', 'é', '🏔', '\ufffd'),
    field: fc.constantFrom('file', 'cover', 'c', 'd', 'e'),
    at: fc.nat({ max: 3 }),
  }),
  { selector: ({ at, ...key }) => JSON.stringify(key), maxLength: 60, size: 'max' },
);

test('the pages of holds are the whole, oldest first, both ways, of files, documents and fields', async () => {
  await fc.assert(
    fc.asyncProperty(
      holdsOf,
      fc.integer({ min: 1, max: 7 }),
      fc.boolean(),
      async (unordered, size, backward) => {
        await store.db.collection('attachments').deleteMany({});
        const holds = unordered
          .map((hold, number) => ({ ...hold, number }))
          .sort((one, other) => one.at - other.at || one.number - other.number);
        await insert(holds.map(({ number, ...hold }) => hold));
        const document = documentOf('posts', 1);
        const cases: [AttachmentsOf, (hold: Hold) => boolean][] = [
          [{ fileId: fileIds[1] ?? '' }, ({ file }) => file === 1],
          [
            { document, field: null },
            ({ collection, documentId }) => collection === 'posts' && documentId === '1',
          ],
          [
            { document, field: 'file' },
            (hold) => hold.collection === 'posts' && hold.documentId === '1' && hold.field === 'file',
          ],
        ];
        for (const [holder, belongs] of cases) {
          const seen = await walk(
            backward,
            size,
            async (args) => (await rules.attachmentPages([holder], args, app))[0],
          );
          const expected = holds
            .filter(belongs)
            .map(({ file, collection, documentId, field }) => [fileIds[file], collection, documentId, field]);
          expect(
            seen.map((node) => [node.fileId, node.document.collection, node.document.documentId, node.field]),
          ).toEqual(expected);
          expect(await rules.countAttachments([holder], app)).toEqual([expected.length]);
        }
      },
    ),
    { numRuns: 40 },
  );
});

test('the pages of documents are the whole, by ID, both ways, however much one holds', async () => {
  await fc.assert(
    fc.asyncProperty(holdsOf, fc.integer({ min: 1, max: 4 }), fc.boolean(), async (holds, size, backward) => {
      await store.db.collection('attachments').deleteMany({});
      await insert(holds);
      const seen = await walk(backward, size, (args) => rules.listDocuments('posts', args, app));
      const ids = holds
        .filter(({ collection }) => collection === 'posts')
        .map(({ documentId }) => documentId);
      const expected = [...new Set(ids)].sort((one, other) =>
        Buffer.compare(Buffer.from(one), Buffer.from(other)),
      );
      expect(seen).toEqual(expected.map((documentId) => ({ collection: 'posts', documentId })));
      expect(await rules.countDocuments('posts', app)).toBe(expected.length);
    }),
    { numRuns: 40 },
  );
});

test('a document with very many holds is sought past', async () => {
  const many = fileIds.flatMap((_, file) =>
    Array.from(
      { length: 20 },
      (__, n): Hold => ({ file, ...documentOf('posts', 'b'), field: `f${n}`, at: 0 }),
    ),
  );
  const few = ['a', 'c', 'd'].map(
    (id): Hold => ({ file: 0, ...documentOf('posts', id), field: 'file', at: 0 }),
  );
  await insert([...many, ...few]);
  let documents: string[] = [];
  const commands = await commandsDuring(store.client, async () => {
    const { edges } = await rules.listDocuments('posts', { first: 10 }, app);
    documents = edges.map(({ node }) => node.documentId);
  });
  expect(documents).toEqual(['a', 'b', 'c', 'd']);
  expect(commands.length).toBeLessThanOrEqual(4);
  const { edges } = await rules.listDocuments('posts', { last: 2 }, app);
  expect(edges.map(({ node }) => node.documentId)).toEqual(['c', 'd']);
});
