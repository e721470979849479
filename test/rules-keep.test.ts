/** When a file may be collected: what sets, moves and clears the time, and what a store must have seen before. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Document } from 'mongodb';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { StoredFile, UpdateFileInput } from '../src/domain/model.ts';
import type { UseCases } from '../src/domain/use-cases.ts';
import type { Gridhold } from '../src/gridhold.ts';
import { brokenInvariants } from './support/invariants.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { app, codeOf, documentOf, incomingOf, refusalOf } from './support/use-case-input.ts';

const hourMs = 3_600_000;
let store: TestGridhold;
let gridhold: Gridhold;
let rules: UseCases;

async function open(options: Parameters<typeof openTestGridhold>[0]): Promise<void> {
  store = await openTestGridhold(options);
  gridhold = store.gridhold;
  rules = gridhold.useCases;
}

afterEach(async () => {
  expect(await brokenInvariants(store.db)).toEqual([]);
});

async function unreferencedSince(id: string): Promise<Date | undefined> {
  const record = await store.db.collection<Document & { _id: string }>('files').findOne({ _id: id });
  return record?.['unreferencedSince'];
}
async function collectingSince(): Promise<Date | undefined> {
  return (await store.db.collection('gridhold').findOne())?.['collectingSince'];
}
async function fileOf(id: string): Promise<StoredFile> {
  const [file] = await rules.filesByIds([id], app);
  if (!file) throw new Error('The file is gone');
  return file;
}

describe('before a store has seen an attachment', () => {
  beforeAll(() => open({ unreferencedTtlMs: 0 }));

  test('no file expires or is collected, by the command either; leases are swept', async () => {
    const { id } = await gridhold.store(Buffer.from('early'));
    expect(await unreferencedSince(id)).toBeInstanceOf(Date);
    expect((await fileOf(id)).expiresAt).toBeNull();
    await store.db.collection('leases').insertOne({ why: 'deleted', until: new Date(0), since: new Date(0) });
    await pause(2);
    for (const options of [
      {},
      { unreferencedTtlMs: 0, chunkDelayMs: 0 },
      { unreferencedTtlMs: 0, dryRun: true },
    ]) {
      const report = await gridhold.sweep(options);
      expect([report.files, report.collectingSince]).toEqual([[], null]);
    }
    expect(await store.db.collection('leases').countDocuments()).toBe(0);
    expect((await rules.storageTotals(app)).collectingSince).toBeNull();
    expect(await fileOf(id)).toMatchObject({ refCount: 0 });
  });

  test('what a foreign writer attaches begins it with the next sweep, but not with a dry run', async () => {
    const { id } = await gridhold.store(Buffer.from('foreign'));
    await store.db
      .collection<Document & { _id: string }>('files')
      .updateOne({ _id: id }, { $inc: { refCount: 1 }, $unset: { unreferencedSince: 1 } });
    await store.db
      .collection('attachments')
      .insertOne({ fileId: id, ...documentOf('posts', 1), field: 'file', attachedAt: new Date() });
    expect((await gridhold.sweep({ dryRun: true })).collectingSince).toBeInstanceOf(Date);
    expect(await collectingSince()).toBeUndefined();
    const report = await gridhold.sweep({ unreferencedTtlMs: hourMs });
    expect(report.collectingSince).toBeInstanceOf(Date);
    expect(report.files).toEqual([]);
    expect(await collectingSince()).toEqual(report.collectingSince);
  });

  test('then those that waited long before are due a time to live after that beginning', async () => {
    const { id } = await gridhold.store(Buffer.from('old'));
    const long = new Date(Date.now() - 100 * hourMs);
    await store.db
      .collection<Document & { _id: string }>('files')
      .updateOne({ _id: id }, { $set: { unreferencedSince: long } });
    expect((await fileOf(id)).expiresAt).toEqual(await collectingSince());
    expect((await gridhold.sweep({ unreferencedTtlMs: hourMs })).files).toEqual([]);
    await pause(2);
    expect((await gridhold.sweep()).files.map((file) => file.id)).toContain(id);
  });
});

test('the first attach begins it, once', async () => {
  await open({ unreferencedTtlMs: hourMs });
  const [first, second] = [await gridhold.store(Buffer.from('1')), await gridhold.store(Buffer.from('2'))];
  await gridhold.attach({ fileId: first.id, document: documentOf('posts', 1) });
  const since = await collectingSince();
  expect(since).toBeInstanceOf(Date);
  await pause(5);
  const rival = await store.another();
  await rival.attach({ fileId: second.id, document: documentOf('posts', 2) });
  expect(await collectingSince()).toEqual(since);
  expect((await gridhold.sweep()).collectingSince).toEqual(since);
});

describe('in a store that collects after an hour', () => {
  beforeAll(async () => {
    await open({ unreferencedTtlMs: hourMs });
    await gridhold.store(Buffer.from('held'), { attachTo: { document: documentOf('posts', 1) } });
    await pause(5);
  });

  const change = (id: string, input: UpdateFileInput): Promise<StoredFile> =>
    rules.updateFile(id, input, app);
  /** `expiresAt` says what is stored, and what a sweep would do. */
  async function expectDue(id: string, isDue: boolean): Promise<void> {
    const [since, { expiresAt }] = [await unreferencedSince(id), await fileOf(id)];
    expect(since !== undefined).toBe(isDue);
    expect(expiresAt?.getTime()).toBe(since && since.getTime() + hourMs);
    const listed = (await gridhold.sweep({ unreferencedTtlMs: 0, dryRun: true })).files.map(
      (file) => file.id,
    );
    expect(listed.includes(id)).toBe(isDue);
  }

  test.each([
    ['keep', { keep: 'yes' }],
    ['keep', { keep: 1 }],
    ['visibility', { visibility: 'public' }],
  ])('an app that gives no such %s is refused, and changes nothing: %j', async (name, given) => {
    const { id } = await gridhold.store(Buffer.from('a'), { visibility: 'PRIVATE' });
    const before = await fileOf(id);
    // What an app without types may give.
    const refusal = await refusalOf(change(id, { filename: 'other', ...given } as UpdateFileInput));
    expect(refusal?.code).toBe('BAD_USER_INPUT');
    expect(refusal?.message).toContain(name);
    expect(await fileOf(id)).toEqual(before);
  });

  test('a new file is due, one that is kept or held is not', async () => {
    const plain = await gridhold.store(Buffer.from('a'));
    const kept = await gridhold.store(Buffer.from('a'), { keep: true });
    const held = await gridhold.store(Buffer.from('a'), { attachTo: { document: documentOf('posts', 2) } });
    const both = await gridhold.store(Buffer.from('a'), {
      keep: true,
      attachTo: { document: documentOf('posts', 3) },
    });
    await pause(2);
    await expectDue(plain.id, true);
    for (const { id } of [kept, held, both]) await expectDue(id, false);
    expect(plain).toEqual(await gridhold.file(plain.id));
    expect([kept.keep, held.refCount, both.refCount]).toEqual([true, 1, 1]);
  });

  test('keep clears the time, its end sets it anew, and what changes nothing leaves it', async () => {
    const { id } = await gridhold.store(Buffer.from('b'));
    const before = await unreferencedSince(id);
    await pause(5);
    await change(id, { filename: 'x', keep: false });
    await change(id, {});
    expect(await unreferencedSince(id)).toEqual(before);
    await change(id, { keep: true });
    await change(id, { keep: true, metadata: { a: 1 } });
    await expectDue(id, false);
    const changed = await change(id, { keep: false });
    await pause(2);
    await expectDue(id, true);
    expect((await unreferencedSince(id))?.getTime()).toBeGreaterThan(before?.getTime() ?? Infinity);
    expect(changed).toEqual(await fileOf(id));
  });

  test('only the last of several holds to go sets it', async () => {
    const { id } = await gridhold.store(Buffer.from('c'));
    const holds = [4, 5].map((number) => ({ fileId: id, document: documentOf('posts', number) }));
    for (const hold of holds) await gridhold.attach(hold);
    await expectDue(id, false);
    expect(
      (await gridhold.detach(holds[0] ?? { fileId: '', document: documentOf('', 0) })).file,
    ).toMatchObject({ refCount: 1, expiresAt: null });
    await expectDue(id, false);
    const { file } = await gridhold.detach(holds[1] ?? { fileId: '', document: documentOf('', 0) });
    expect(file).toEqual(await gridhold.file(id));
    await pause(2);
    await expectDue(id, true);
    await gridhold.attach({ fileId: id, document: documentOf('posts', 6) });
    await expectDue(id, false);
  });

  test('a file that is kept and held needs both to end', async () => {
    const document = documentOf('posts', 7);
    const { id } = await gridhold.store(Buffer.from('d'), { keep: true, attachTo: { document } });
    await change(id, { keep: false });
    await expectDue(id, false);
    await change(id, { keep: true });
    await gridhold.detach({ fileId: id, document });
    await expectDue(id, false);
    await change(id, { keep: false });
    await pause(2);
    await expectDue(id, true);
  });

  test('a file that loses several holds at once is due', async () => {
    const document = documentOf('posts', 8);
    const { id } = await gridhold.store(Buffer.from('e'));
    for (const field of ['one', 'two']) await gridhold.attach({ fileId: id, document, field });
    await gridhold.detachDocument({ document });
    await pause(2);
    await expectDue(id, true);
  });

  test('keep does not hinder a delete', async () => {
    const { id } = await gridhold.store(Buffer.from('f'), { keep: true });
    expect(await gridhold.delete({ id })).toEqual({ fileId: id, deleted: true });
  });

  test('`never` keeps everything, for an instance or for one sweep', async () => {
    const never = await store.another({ unreferencedTtlMs: 'never' });
    const { id } = await gridhold.store(Buffer.from('g'));
    await pause(2);
    expect((await never.file(id))?.expiresAt).toBeNull();
    expect((await never.sweep()).files).toEqual([]);
    expect((await gridhold.sweep({ unreferencedTtlMs: 'never' })).files).toEqual([]);
    expect(
      (await never.sweep({ unreferencedTtlMs: 0, dryRun: true })).files.map((file) => file.id),
    ).toContain(id);
  });
});

describe('an update', () => {
  beforeAll(() => open({}));

  test('leaves what is absent, and clears name and metadata with null', async () => {
    const input = { filename: 'a', metadata: { a: 1 }, visibility: 'PRIVATE', keep: true } as const;
    const { file } = await rules.storeFile(incomingOf('bytes'), input, app);
    expect(await rules.updateFile(file.id, {}, app)).toEqual(file);
    expect(await rules.updateFile(file.id, { filename: undefined, metadata: undefined }, app)).toEqual(file);
    expect(await rules.updateFile(file.id, { filename: 'b' }, app)).toEqual({ ...file, filename: 'b' });
    expect(await rules.updateFile(file.id, { filename: null }, app)).toEqual({ ...file, filename: null });
    expect(await rules.updateFile(file.id, { metadata: { b: 2 } }, app)).toMatchObject({
      metadata: { b: 2 },
    });
    expect((await rules.updateFile(file.id, { metadata: null }, app)).metadata).toEqual({});
    expect(await rules.updateFile(file.id, { visibility: 'PUBLIC' }, app)).toMatchObject({
      visibility: 'PUBLIC',
      keep: true,
    });
  });

  test('refuses null elsewhere, by its name, and changes nothing', async () => {
    const { id } = await gridhold.store(Buffer.from('bytes'), { filename: 'same' });
    for (const name of ['visibility', 'keep'] as const) {
      const refusal = await refusalOf(rules.updateFile(id, { [name]: null, filename: 'other' }, app));
      expect([refusal?.code, refusal?.message.includes(name)]).toEqual(['BAD_USER_INPUT', true]);
    }
    expect((await fileOf(id)).filename).toBe('same');
  });

  test.each(['', 'nonsense', 'file_', 'file_01kyyyyyyyyyyyyyyyyyyyyyyy', '$owner', 'x'.repeat(10_000)])(
    'of no file is refused (%#)',
    async (id) => {
      expect(await codeOf(rules.updateFile(id, { keep: true }, app))).toBe('FILE_NOT_FOUND');
    },
  );
});
