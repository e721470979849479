import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Page, PageArguments } from '../src/domain/model.ts';
import type { UseCases } from '../src/domain/use-cases.ts';
import { type Hold, insertHolds, storeFiles } from './support/inserted-holds.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { app, byApp, commandsDuring, documentOf, refusalOf } from './support/use-case-input.ts';

let store: TestGridhold;
let rules: UseCases;
let fileIds: string[];

beforeAll(async () => {
  store = await openTestGridhold();
  rules = store.gridhold.useCases;
  fileIds = await storeFiles(store.gridhold, 120);
  await store.gridhold.attach({ fileId: fileIds[0] ?? '', document: documentOf('firsts', 1) });
  await store.db.collection('attachments').deleteMany({});
  // What is read once, since when files are collected, is known from then on.
  await rules.filesByIds(fileIds, app);
});

afterEach(() => store.db.collection('attachments').deleteMany({}));

const insert = (holds: readonly Hold[]): Promise<void> => insertHolds(store.db, fileIds, holds);

describe('for a hundred at once', () => {
  const holds = Array.from({ length: 100 }, (_, n) => n).flatMap((n) =>
    Array.from(
      { length: n % 5 },
      (_, at): Hold => ({ file: n, ...documentOf('posts', n), field: `f${at}`, at }),
    ),
  );

  test('the pages of files’ holders cost one command, and each gets its own', async () => {
    await insert(holds);
    const holders = fileIds.slice(0, 100).map((fileId) => ({ fileId }));
    let pages: readonly Page<unknown>[] = [];
    const commands = await commandsDuring(store.client, async () => {
      pages = await rules.attachmentPages(holders, { first: 3 }, app);
    });
    expect(commands).toEqual(['aggregate attachments']);
    expect(pages.map(({ edges }) => edges.length)).toEqual(holders.map((_, n) => Math.min(n % 5, 3)));
    expect(pages.map(({ hasNextPage }) => hasNextPage)).toEqual(holders.map((_, n) => n % 5 > 3));
    const counting = await commandsDuring(store.client, async () => {
      expect(await rules.countAttachments(holders, app)).toEqual(holders.map((_, n) => n % 5));
    });
    expect(counting).toEqual(['aggregate attachments']);
  });

  test('the pages of documents cost two, and what has lost its file is left out', async () => {
    await insert(holds);
    const gone = {
      ...documentOf('posts', 4),
      fileId: `file_${'0'.repeat(26)}`,
      field: 'gone',
      attachedAt: new Date(0),
    };
    await store.db.collection('attachments').insertOne(gone);
    const holders = Array.from({ length: 100 }, (_, n) => ({
      document: documentOf('posts', n),
      field: null,
    }));
    let pages: readonly Page<unknown>[] = [];
    const commands = await commandsDuring(store.client, async () => {
      pages = await rules.attachmentPages(holders, { first: 100 }, app);
    });
    expect(commands).toEqual(['aggregate attachments', 'find files']);
    expect(pages.map(({ edges }) => edges.length)).toEqual(holders.map((_, n) => n % 5));
  });

  test('files by their IDs cost one, in the order asked, null where there is none', async () => {
    const asked = [
      ...fileIds.slice(0, 96).reverse(),
      'nonsense',
      `file_${'0'.repeat(26)}`,
      fileIds[0] ?? '',
      '$owner',
    ];
    const commands = await commandsDuring(store.client, async () => {
      const files = await rules.filesByIds(asked, app);
      expect(files.map((file) => file?.id ?? null)).toEqual(
        asked.map((id) => (fileIds.includes(id) ? id : null)),
      );
    });
    expect(commands).toEqual(['find files']);
    expect(await commandsDuring(store.client, () => rules.filesByIds([], app))).toEqual([]);
  });

  test('in a store that has never seen an attachment they cost at most one more in a second, to know that', async () => {
    const { gridhold, client } = await openTestGridhold();
    const files = await Promise.all(Array.from({ length: 10 }, () => gridhold.store(Buffer.from('x'))));
    const asked = files.map(({ id }) => id);
    const commands = await commandsDuring(client, async () => {
      for (let round = 0; round < 5; round++) await gridhold.useCases.filesByIds(asked, app);
    });
    expect(commands.filter((command) => command === 'find files')).toHaveLength(5);
    expect(commands.filter((command) => command !== 'find files').length).toBeLessThan(5);
  });

  test('files to serve that are asked for at once share one', async () => {
    const asked = [...fileIds.slice(0, 50), ...fileIds.slice(0, 50)];
    const commands = await commandsDuring(store.client, async () => {
      const files = await Promise.all(asked.map((id) => rules.fileToServe(id, byApp)));
      expect(files.map((served) => served?.file.id)).toEqual(asked);
    });
    expect(commands).toEqual(['find files']);
    expect(await commandsDuring(store.client, () => rules.fileToServe('nonsense', byApp))).toEqual([]);
  });

  test('upload URLs by their IDs cost one', async () => {
    const made = await Promise.all(Array.from({ length: 5 }, () => store.gridhold.generateUploadUrl()));
    const asked = ['nonsense', ...made.map(({ id }) => id)];
    const commands = await commandsDuring(store.client, async () => {
      const seen = await rules.uploadUrlsByIds(asked, app);
      expect(seen.map((uploadUrl) => uploadUrl?.id ?? null)).toEqual([null, ...made.map(({ id }) => id)]);
    });
    expect(commands).toEqual(['aggregate uploadUrls']);
  });
});

describe('malformed', () => {
  test('arguments are refused by their names, and holders that can’t be have none', async () => {
    const holder = { fileId: fileIds[0] ?? '' };
    const badArguments: [string, PageArguments][] = [
      ['first', { first: 101 }],
      ['last', { last: -1 }],
      ['after', { after: 'x' }],
      ['before', { before: '' }],
    ];
    for (const [name, args] of badArguments) {
      for (const work of [
        rules.attachmentPages([holder], args, app),
        rules.listDocuments('posts', args, app),
      ]) {
        const refusal = await refusalOf(work);
        expect([refusal?.code, refusal?.message.includes(name)]).toEqual(['BAD_USER_INPUT', true]);
      }
    }
    const [none] = await rules.attachmentPages([{ fileId: '$owner' }], {}, app);
    expect(none).toEqual({ edges: [], hasNextPage: false, hasPreviousPage: false });
    expect(await rules.attachmentPages([], {}, app)).toEqual([]);
    expect((await refusalOf(rules.listDocuments('', {}, app)))?.code).toBe('BAD_USER_INPUT');
    expect((await refusalOf(rules.countDocuments('x'.repeat(201), app)))?.code).toBe('BAD_USER_INPUT');
  });

  test.each([
    '',
    'x',
    'file_',
    'attachment_',
    'attachment_W10',
    'document_',
    'document_WyJhIl0',
    'document_WyJhIiwxXQ',
    'upload_x',
    `file_8${'0'.repeat(25)}`,
    'x'.repeat(20_000),
    'document_🏔',
  ])('IDs name nothing (%#)', async (id) => {
    expect(rules.parseNodeId(id)).toBeNull();
    expect(await rules.attachmentsByIds([id], app)).toEqual([null]);
    expect(await rules.filesByIds([id], app)).toEqual([null]);
    expect(await rules.uploadUrlsByIds([id], app)).toEqual([null]);
    expect(await rules.fileToServe(id, byApp)).toBeNull();
  });
});
