/** Deleting: refused while documents hold the file, forced up to a bound, and letting go of very many holds. */
import { ObjectId } from 'mongodb';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Gridhold } from '../src/gridhold.ts';
import { storeFiles } from './support/inserted-holds.ts';
import { brokenInvariants } from './support/invariants.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { documentOf, emptyStore, refusalOf } from './support/use-case-input.ts';

const nobody = 'file_01kyyyyyyyyyyyyyyyyyyyyyyy';
let store: TestGridhold;
let gridhold: Gridhold;

beforeAll(async () => {
  store = await openTestGridhold();
  gridhold = store.gridhold;
});

beforeEach(() => emptyStore(store.db));

afterEach(async () => {
  expect(await brokenInvariants(store.db)).toEqual([]);
});

const fresh = async (bytes = 'bytes'): Promise<string> => (await gridhold.store(Buffer.from(bytes))).id;

/** As many documents hold the file as a foreign writer could make: inserted, and counted. */
async function holdMany(fileId: string, count: number): Promise<void> {
  const attachedAt = new Date();
  const hold = (number: number): object => ({
    _id: new ObjectId(),
    fileId,
    ...documentOf('posts', number),
    field: 'file',
    attachedAt,
  });
  for (let from = 0; from < count; from += 20_000) {
    const holds = Array.from({ length: Math.min(20_000, count - from) }, (_, index) => hold(from + index));
    await store.db.collection('attachments').insertMany(holds, { ordered: false });
  }
  const files = store.db.collection<{ _id: string }>('files');
  await files.updateOne({ _id: fileId }, { $inc: { refCount: count }, $unset: { unreferencedSince: 1 } });
}

const attachmentCount = (): Promise<number> => store.db.collection('attachments').countDocuments();

describe('deleting', () => {
  test('a file that nothing holds says so, and is safe to repeat', async () => {
    const id = await fresh();
    expect(await gridhold.delete({ id })).toEqual({ fileId: id, deleted: true });
    expect(await gridhold.file(id)).toBeNull();
    expect(await gridhold.delete({ id })).toEqual({ fileId: id, deleted: false });
  });

  test.each([nobody, '', 'nonsense', '$owner', 'x'.repeat(100_000)])(
    'what is no file is nothing (%#)',
    async (id) => {
      expect(await gridhold.delete({ id })).toEqual({ fileId: id, deleted: false });
      expect(await gridhold.delete({ id, force: true })).toEqual({ fileId: id, deleted: false });
    },
  );

  test('takes the blob with the last of its files, and its chunks after the delay', async () => {
    const [one, other] = [await fresh('shared'), await fresh('shared')];
    await gridhold.delete({ id: one });
    expect(await store.db.collection('leases').countDocuments()).toBe(0);
    expect(await store.db.collection('blobs.files').findOne()).toMatchObject({ metadata: { fileCount: 1 } });
    await gridhold.delete({ id: other });
    expect(await store.db.collection('blobs.files').countDocuments()).toBe(0);
    const [lease] = await store.db.collection('leases').find().toArray();
    expect([lease?.['why'], lease?.['until'] - lease?.['since']]).toEqual(['deleted', 600_000]);
    await gridhold.sweep();
    expect(await store.db.collection('blobs.chunks').countDocuments()).toBe(1);
    await gridhold.sweep({ chunkDelayMs: 0 });
    expect(await store.db.collection('blobs.chunks').countDocuments()).toBe(0);
  });

  test.each([1, 10, 12])(
    'a file that %i documents hold is refused, naming at most ten, the oldest first',
    async (count) => {
      const id = await fresh();
      for (let number = 0; number < count; number++) {
        await gridhold.attach({ fileId: id, document: documentOf('posts', number), field: 'photo' });
      }
      const refusal = await refusalOf(gridhold.delete({ id }));
      expect(refusal).toMatchObject({ code: 'FILE_IN_USE', details: { refCount: count } });
      const named = Array.from({ length: Math.min(count, 10) }, (_, number) => ({
        ...documentOf('posts', number),
        field: 'photo',
      }));
      expect(refusal?.details.documents).toEqual(named);
      expect(await gridhold.file(id)).toMatchObject({ refCount: count });
    },
  );

  test('by force takes all its holds, and only its own', async () => {
    const [id, other] = [await fresh(), await fresh()];
    for (const fileId of [id, other]) await gridhold.attach({ fileId, document: documentOf('posts', 1) });
    await gridhold.attach({ fileId: id, document: documentOf('posts', 2) });
    expect(await gridhold.delete({ id, force: true })).toEqual({ fileId: id, deleted: true });
    expect(await store.db.collection('attachments').find().toArray()).toMatchObject([{ fileId: other }]);
  });

  test('by force is refused beyond 100,000 holds, with the count, and nothing is written', async () => {
    const id = await fresh();
    await holdMany(id, 100_001);
    const refusal = await refusalOf(gridhold.delete({ id, force: true }));
    expect(refusal).toMatchObject({ code: 'FILE_IN_USE', details: { refCount: 100_001 } });
    expect(refusal?.message).toContain('more than 100000');
    expect(refusal?.details.documents).toHaveLength(10);
    expect(await attachmentCount()).toBe(100_001);
  });

  test('by force takes more holds at once than an app’s transaction may', async () => {
    const id = await fresh();
    await holdMany(id, 20_000);
    expect((await gridhold.delete({ id, force: true })).deleted).toBe(true);
    expect(await attachmentCount()).toBe(0);
  });

  test('by force in an app’s transaction is refused beyond 10,000 holds, and nothing is written', async () => {
    const id = await fresh();
    await holdMany(id, 10_001);
    await store.client.withSession((session) =>
      session.withTransaction(async () => {
        const refusal = await refusalOf(gridhold.delete({ id, force: true }, { session }));
        expect(refusal).toMatchObject({ code: 'FILE_IN_USE', details: { refCount: 10_001 } });
        expect(refusal?.message).toContain('10001');
      }),
    );
    expect(await gridhold.file(id)).toMatchObject({ refCount: 10_001 });
    await gridhold.detach({ fileId: id, document: documentOf('posts', 7) });
    await store.client.withSession((session) =>
      session.withTransaction(async () => {
        expect((await gridhold.delete({ id, force: true }, { session })).deleted).toBe(true);
      }),
    );
    expect([await gridhold.file(id), await attachmentCount()]).toEqual([null, 0]);
  });
});

describe('letting go of a document that holds more than 10,000 files’ fields', () => {
  const document = documentOf('albums', 1);
  const count = 10_050;
  /** 150 files in 67 fields each: what is held counts, not the files. */
  async function holdByOne(): Promise<string[]> {
    const ids = await storeFiles(gridhold, 150);
    const holds = ids.flatMap((fileId) =>
      Array.from({ length: count / 150 }, (_, n) => ({
        fileId,
        ...document,
        field: `f${n}`,
        attachedAt: new Date(),
      })),
    );
    await store.db.collection('attachments').insertMany(holds);
    await store.db
      .collection('files')
      .updateMany({}, { $inc: { refCount: count / 150 }, $unset: { unreferencedSince: 1 } });
    return ids;
  }

  test('goes on until nothing is held, and names 100 of the files', async () => {
    const ids = await holdByOne();
    const { detached, fileIds } = await gridhold.detachDocument({ document });
    expect(detached).toBe(count);
    expect(new Set(fileIds).size).toBe(100);
    expect(fileIds.every((id) => ids.includes(id))).toBe(true);
    expect(await attachmentCount()).toBe(0);
    expect(
      await store.db
        .collection('files')
        .countDocuments({ refCount: 0, unreferencedSince: { $exists: true } }),
    ).toBe(150);
    expect(await gridhold.detachDocument({ document })).toEqual({ detached: 0, fileIds: [] });
  });

  test('is refused in an app’s transaction, which then has written nothing', async () => {
    await holdByOne();
    await store.client.withSession((session) =>
      session.withTransaction(async () => {
        const refusal = await refusalOf(gridhold.detachDocument({ document }, { session }));
        expect(refusal).toMatchObject({ code: 'BAD_USER_INPUT' });
      }),
    );
    expect(await attachmentCount()).toBe(count);
    expect(await store.db.collection('documentLocks').countDocuments()).toBe(0);
  });
});
