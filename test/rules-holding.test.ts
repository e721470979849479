/** Attaching, letting go, setting a field, letting a document go: what each answers, and what each refuses. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { AttachToInput, DocumentName } from '../src/domain/model.ts';
import type { UseCases } from '../src/domain/use-cases.ts';
import type { Gridhold } from '../src/gridhold.ts';
import { storeFiles } from './support/inserted-holds.ts';
import { brokenInvariants } from './support/invariants.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { app, codeOf, documentOf, refusalOf } from './support/use-case-input.ts';

const nobody = 'file_01kyyyyyyyyyyyyyyyyyyyyyyy';
const malformed = [
  '',
  'nonsense',
  'file_',
  'FILE_01KYYYYYYYYYYYYYYYYYYYYYYY',
  'file_zzzzzzzzzzzzzzzzzzzzzzzzzz',
  '$owner',
  'x'.repeat(100_000),
];
let store: TestGridhold;
let gridhold: Gridhold;
let rules: UseCases;
let number = 0;

beforeAll(async () => {
  store = await openTestGridhold();
  gridhold = store.gridhold;
  rules = gridhold.useCases;
});

afterEach(async () => {
  expect(await brokenInvariants(store.db)).toEqual([]);
});

const nextDocument = (): DocumentName => documentOf('posts', ++number);
const fresh = async (): Promise<string> => (await gridhold.store(Buffer.from('bytes'))).id;
async function heldIn(document: DocumentName, field: string | null = null): Promise<string[]> {
  const [page] = await rules.attachmentPages([{ document, field }], {}, app);
  return page?.edges.map(({ node }) => node.fileId) ?? [];
}

describe('attaching', () => {
  test('answers the hold, under an ID that can be looked up, and says the same again', async () => {
    const [id, document] = [await fresh(), nextDocument()];
    const attachment = await gridhold.attach({ fileId: id, document, field: 'photo' });
    expect(attachment).toMatchObject({ fileId: id, document, field: 'photo' });
    expect(Math.abs(attachment.attachedAt.getTime() - Date.now())).toBeLessThan(60_000);
    expect(await gridhold.attach({ fileId: id, document, field: 'photo' })).toEqual(attachment);
    expect(await gridhold.attach({ fileId: id, document, field: 'photo', replace: true })).toEqual(
      attachment,
    );
    expect(await rules.attachmentsByIds([attachment.id], app)).toEqual([attachment]);
    expect(await gridhold.file(id)).toMatchObject({ refCount: 1 });
  });

  test('holds once for each field, the default one being `file`', async () => {
    const [id, document] = [await fresh(), nextDocument()];
    expect((await gridhold.attach({ fileId: id, document })).field).toBe('file');
    expect((await gridhold.attach({ fileId: id, document, field: null })).field).toBe('file');
    await gridhold.attach({ fileId: id, document, field: 'other' });
    expect(await gridhold.file(id)).toMatchObject({ refCount: 2 });
    expect(await rules.countAttachments([{ fileId: id }, { fileId: nobody }], app)).toEqual([2, 0]);
  });

  test('replacing leaves exactly this file in the field, and other fields alone', async () => {
    const document = nextDocument();
    const [one, two, three, other] = [await fresh(), await fresh(), await fresh(), await fresh()];
    for (const fileId of [one, two]) await gridhold.attach({ fileId, document, field: 'cover' });
    await gridhold.attach({ fileId: other, document, field: 'file' });
    await gridhold.attach({ fileId: three, document, field: 'cover', replace: true });
    expect(await heldIn(document, 'cover')).toEqual([three]);
    expect(await heldIn(document, 'file')).toEqual([other]);
    expect(await gridhold.file(one)).toMatchObject({ refCount: 0 });
    await gridhold.store(Buffer.from('stored'), { attachTo: { document, field: 'cover', replace: true } });
    expect(await heldIn(document, 'cover')).toHaveLength(1);
    expect(await gridhold.file(three)).toMatchObject({ refCount: 0 });
  });

  test.each([nobody, ...malformed])('a file that is not there is refused (%#)', async (fileId) => {
    const refusal = await refusalOf(gridhold.attach({ fileId, document: nextDocument() }));
    expect(refusal).toMatchObject({ code: 'FILE_NOT_FOUND', details: { fileIds: [fileId] } });
    expect(refusal?.message.length).toBeLessThan(200);
  });

  test.each<[string, AttachToInput]>([
    ['collection', { document: { collection: '', documentId: '1' } }],
    ['collection', { document: { collection: 'x'.repeat(201), documentId: '1' } }],
    ['collection', { document: { collection: 'half \ud800', documentId: '1' } }],
    ['documentId', { document: { collection: 'posts', documentId: '' } }],
    ['documentId', { document: { collection: 'posts', documentId: 'x'.repeat(201) } }],
    ['field', { document: documentOf('posts', 1), field: '' }],
    ['field', { document: documentOf('posts', 1), field: 'x'.repeat(201) }],
  ])('refuses a %s by its name, whatever asks (%#)', async (name, { document, field }) => {
    const [fileId, fileIds] = [await fresh(), [await fresh()]];
    const works: (() => Promise<unknown>)[] = [
      () => gridhold.attach({ fileId, document, field }),
      () => gridhold.detach({ fileId, document, field: field ?? null }),
      () => gridhold.setDocumentFiles({ document, field: field ?? null, fileIds }),
      () => gridhold.store(Buffer.from('x'), { attachTo: { document, field } }),
      ...(name === 'field' ? [] : [() => gridhold.detachDocument({ document })]),
    ];
    for (const work of works) {
      const refusal = await refusalOf(work());
      expect([refusal?.code, refusal?.message.includes(name)]).toEqual(['BAD_USER_INPUT', true]);
    }
  });

  test.each<[string, string, string]>([
    ['a', 'b/c', 'file'],
    ['a/b', 'c', 'file'],
    ['x'.repeat(200), 'y'.repeat(200), 'z'.repeat(200)],
    ['🏔'.repeat(200), '日本', 'ü\n"\''],
    ['$owner', '$$ROOT', '{"$function":1}'],
    ['nul\0', '\0', 'a\0b'],
    ['__proto__', 'constructor', '.'],
    [' ', '\t', '..'],
  ])('takes any names of 1 to 200 characters (%#)', async (collection, documentId, field) => {
    const [fileId, document] = [await fresh(), { collection, documentId }];
    const attachment = await gridhold.attach({ fileId, document, field, replace: true });
    expect(attachment).toMatchObject({ document, field });
    expect(await rules.attachmentsByIds([attachment.id], app)).toEqual([attachment]);
    expect(await heldIn(document, field)).toEqual([fileId]);
    expect(rules.parseNodeId(rules.documentNodeId(document))).toMatchObject({ type: 'Document', document });
    expect((await rules.listDocuments(collection, {}, app)).edges.map(({ node }) => node)).toEqual([
      document,
    ]);
    expect(await gridhold.detachDocument({ document })).toEqual({ detached: 1, fileIds: [fileId] });
  });

  test('("a", "b/c") is not ("a/b", "c")', () => {
    const one = rules.documentNodeId({ collection: 'a', documentId: 'b/c' });
    expect(one).not.toBe(rules.documentNodeId({ collection: 'a/b', documentId: 'c' }));
  });
});

describe('letting go', () => {
  test('answers whether it was held, and the file', async () => {
    const [fileId, document] = [await fresh(), nextDocument()];
    await gridhold.attach({ fileId, document });
    expect(await gridhold.detach({ fileId, document, field: 'other' })).toMatchObject({
      detached: false,
      file: { refCount: 1 },
    });
    expect(await gridhold.detach({ fileId, document })).toMatchObject({
      detached: true,
      file: { refCount: 0 },
    });
    expect(await gridhold.detach({ fileId, document })).toMatchObject({
      detached: false,
      file: { id: fileId },
    });
  });

  test.each([nobody, ...malformed])('of a file that is not there is nothing (%#)', async (fileId) => {
    expect(await gridhold.detach({ fileId, document: documentOf('posts', 1) })).toEqual({
      detached: false,
      file: null,
    });
  });

  test('a document takes all its fields, is safe to repeat, and leaves others alone', async () => {
    const [document, other] = [nextDocument(), nextDocument()];
    const [one, two] = [await fresh(), await fresh()];
    for (const field of ['a', 'b']) await gridhold.attach({ fileId: one, document, field });
    await gridhold.attach({ fileId: two, document });
    await gridhold.attach({ fileId: two, document: other });
    const { detached, fileIds } = await gridhold.detachDocument({ document });
    expect([detached, [...fileIds].sort()]).toEqual([3, [one, two].sort()]);
    expect(await gridhold.detachDocument({ document })).toEqual({ detached: 0, fileIds: [] });
    expect([await heldIn(document), await heldIn(other)]).toEqual([[], [two]]);
  });
});

describe('setting a field', () => {
  test('makes it hold exactly these, a set in no order, and nothing with none', async () => {
    const document = nextDocument();
    const ids = await Promise.all([fresh(), fresh(), fresh()]);
    const [a = '', b = '', c = ''] = ids;
    expect(await gridhold.setDocumentFiles({ document, fileIds: [b, a, b, a] })).toEqual(document);
    expect((await heldIn(document)).sort()).toEqual([a, b].sort());
    const [kept] = await store.db.collection('attachments').find({ fileId: b }).toArray();
    await gridhold.setDocumentFiles({ document, fileIds: [c, b] });
    expect((await heldIn(document)).sort()).toEqual([b, c].sort());
    expect(await store.db.collection('attachments').findOne({ fileId: b })).toEqual(kept);
    await gridhold.setDocumentFiles({ document, fileIds: [] });
    expect(await heldIn(document)).toEqual([]);
  });

  test('changes nothing where one is missing, and names the missing', async () => {
    const [document, id] = [nextDocument(), await fresh()];
    await gridhold.attach({ fileId: id, document });
    const refusal = await refusalOf(
      gridhold.setDocumentFiles({ document, fileIds: [await fresh(), nobody, 'nonsense'] }),
    );
    expect(refusal?.code).toBe('FILE_NOT_FOUND');
    expect([...(refusal?.details.fileIds ?? [])].sort()).toEqual([nobody, 'nonsense'].sort());
    expect(await heldIn(document)).toEqual([id]);
  });

  test('takes 100 files, repeats counting once, and not one more', async () => {
    const document = nextDocument();
    const ids = await storeFiles(gridhold, 101);
    const hundred = ids.slice(0, 100);
    expect(await gridhold.setDocumentFiles({ document, fileIds: [...hundred, ...hundred] })).toEqual(
      document,
    );
    expect(await rules.countAttachments([{ document, field: 'file' }], app)).toEqual([100]);
    expect(await codeOf(gridhold.setDocumentFiles({ document, fileIds: ids }))).toBe('BAD_USER_INPUT');
  });
});
