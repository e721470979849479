/** What a sweep collects and what it leaves, one kind of thing after another; when files are due is in rules-keep. */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Binary, type Document, ObjectId } from 'mongodb';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Gridhold } from '../src/gridhold.ts';
import { eventually } from './support/eventually.ts';
import { brokenInvariants } from './support/invariants.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { app, documentOf, emptyStore, incomingOf, tokenOf } from './support/use-case-input.ts';

const hourMs = 3_600_000;
const everything = { unreferencedTtlMs: 0, chunkDelayMs: 0 };
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

async function beginCollecting(): Promise<string> {
  const { id } = await gridhold.store(Buffer.from('held'), {
    attachTo: { document: documentOf('posts', 1) },
  });
  return id;
}

const storeMany = (count: number): Promise<{ id: string }[]> =>
  Promise.all(Array.from({ length: count }, () => gridhold.store(randomBytes(20))));
const ids = (files: readonly { id: string }[]): string[] => files.map(({ id }) => id).sort();
const ago = (milliseconds: number): Date => new Date(Date.now() - milliseconds);

describe('files', () => {
  test('that several sweepers find at once are each collected once', async () => {
    await beginCollecting();
    const sweepers = [gridhold, await store.another(), await store.another()];
    const files = await storeMany(60);
    await pause(2);
    const collected: string[] = [];
    // What one sweeper holds the others skip, and so does each what takes too long or came up meanwhile, as the chunks of
    // a file that it has just collected: the next pass looks again.
    await eventually(async () => {
      const reports = await Promise.all(sweepers.map((sweeper) => sweeper.sweep(everything)));
      collected.push(...reports.flatMap((report) => ids(report.files)));
      return await store.db.collection('blobs.chunks').countDocuments();
    }).toBe(1);
    expect(collected.sort()).toEqual(ids(files));
    expect(await store.db.collection('files').countDocuments()).toBe(1);
  });

  test('that are due are listed by a dry run, beyond the first thousand, and nothing is changed', async () => {
    await beginCollecting();
    const [{ id } = { id: '' }] = await storeMany(1);
    const record = await store.db.collection<Document & { _id: string }>('files').findOne({ _id: id });
    const copies = Array.from({ length: 1_100 }, (_, number) => ({
      ...record,
      _id: `file_0${String(number).padStart(25, '0')}`,
      unreferencedSince: ago(hourMs),
    }));
    await store.db.collection<Document & { _id: string }>('files').insertMany(copies);
    await pause(2);
    const report = await gridhold.sweep({ ...everything, dryRun: true });
    expect(ids(report.files)).toEqual([...copies.map(({ _id }) => _id), id].sort());
    expect(await store.db.collection('files').countDocuments()).toBe(copies.length + 2);
    await store.db.collection('files').deleteMany({ unreferencedSince: { $lt: ago(hourMs / 2) } });
  });

  test('that a foreign writer holds without having counted are not collected', async () => {
    await beginCollecting();
    const [{ id } = { id: '' }] = await storeMany(1);
    const hold = { fileId: id, ...documentOf('posts', 2), field: 'file', attachedAt: new Date() };
    await store.db.collection('attachments').insertOne(hold);
    await pause(2);
    const report = await gridhold.sweep(everything);
    expect([report.files, report.skipped]).toEqual([[], 1]);
    expect(await gridhold.file(id)).not.toBeNull();
    await store.db.collection('attachments').deleteOne({ fileId: id });
  });

  test('go one by one: an aborted pass says that there are more', async () => {
    await beginCollecting();
    const files = await storeMany(5);
    await pause(2);
    const report = await gridhold.sweep({ ...everything, signal: AbortSignal.abort() });
    expect([report.files, report.more]).toEqual([[], true]);
    expect(ids((await gridhold.sweep(everything)).files)).toEqual(ids(files));
  });

  test('that share a blob leave it to the last of them', async () => {
    await beginCollecting();
    const [one, other] = [
      await gridhold.store(Buffer.from('same')),
      await gridhold.store(Buffer.from('same')),
    ];
    await gridhold.attach({ fileId: other.id, document: documentOf('posts', 3) });
    await gridhold.sweep(everything);
    expect(await gridhold.file(one.id)).toBeNull();
    const { stream } = await gridhold.open(other.id);
    expect(Buffer.concat(await stream.toArray()).toString()).toBe('same');
  });
});

describe('leases', () => {
  const leases = (): Promise<Document[]> => store.db.collection('leases').find().toArray();
  const chunkCount = (): Promise<number> => store.db.collection('blobs.chunks').countDocuments();
  const runOut = (): Promise<unknown> =>
    store.db.collection('leases').updateMany({}, { $set: { until: new Date(0) } });

  async function insertLease(why: string, until: Date, since: Date = until): Promise<ObjectId> {
    const _id = new ObjectId();
    const lease = { _id, why, until, since, receivedBytes: 0, progressAt: since };
    await store.db.collection('leases').insertOne(lease);
    const chunks = [0, 1].map((n) => ({ files_id: _id, n, data: new Binary(Buffer.from('chunk')) }));
    await store.db.collection('blobs.chunks').insertMany(chunks);
    return _id;
  }

  test('of a writer that is gone go from writing to abandoned, a minute later to remembered, a day later away', async () => {
    await insertLease('writing', ago(1_000));
    expect((await gridhold.sweep()).leases).toBe(1);
    const [abandoned] = await leases();
    expect(abandoned).toMatchObject({ why: 'abandoned' });
    expect(abandoned?.['until'] - abandoned?.['since']).toBe(60_000);
    expect((await gridhold.sweep()).leases).toBe(0);
    expect(await chunkCount()).toBe(2);
    await runOut();
    expect((await gridhold.sweep()).leases).toBe(1);
    const [remembered] = await leases();
    expect(remembered).toMatchObject({ why: 'remembered' });
    expect(remembered?.['until'] - remembered?.['since']).toBe(24 * hourMs);
    expect(await chunkCount()).toBe(0);
    await runOut();
    // What a writer wrote that slept for hours.
    await store.db
      .collection('blobs.chunks')
      .insertOne({ files_id: remembered?.['_id'], n: 7, data: new Binary(Buffer.from('late')) });
    expect((await gridhold.sweep()).leases).toBe(1);
    expect([await leases(), await chunkCount()]).toEqual([[], 0]);
  });

  test('of a writer that lives stay', async () => {
    await insertLease('writing', ago(-hourMs));
    expect((await gridhold.sweep(everything)).leases).toBe(0);
    expect(await chunkCount()).toBe(2);
  });

  test('of deleted blobs keep their chunks for the delay, or for the one that the sweep is told', async () => {
    await insertLease('deleted', ago(-hourMs), ago(30_000));
    expect((await gridhold.sweep()).leases).toBe(0);
    expect((await gridhold.sweep({ chunkDelayMs: 60_000 })).leases).toBe(0);
    expect((await gridhold.sweep({ chunkDelayMs: 10_000, dryRun: true })).leases).toBe(1);
    expect(await chunkCount()).toBe(2);
    expect((await gridhold.sweep({ chunkDelayMs: 10_000 })).leases).toBe(1);
    expect([await leases(), await chunkCount()]).toEqual([[], 0]);
  });

  test('never take the chunks of a live blob, whatever they say', async () => {
    const file = await gridhold.store(Buffer.from('live'));
    const [blob] = await store.db.collection('blobs.files').find().toArray();
    for (const why of ['deleted', 'abandoned', 'remembered']) {
      await store.db.collection('leases').insertOne({ ...blob, why, until: new Date(0), since: new Date(0) });
      expect((await gridhold.sweep({ chunkDelayMs: 0 })).skipped).toBe(1);
      await store.db.collection('leases').deleteMany({});
    }
    const { stream } = await gridhold.open(file.id);
    expect(Buffer.concat(await stream.toArray()).toString()).toBe('live');
  });

  test('are taken by several sweepers at once, each step by one of them', async () => {
    for (let number = 0; number < 40; number++)
      await insertLease(number % 2 ? 'deleted' : 'abandoned', ago(1_000));
    const sweepers = [gridhold, await store.another(), await store.another()];
    let taken = 0;
    // A step that takes too long is left to the next pass.
    while (taken < 40) {
      const reports = await Promise.all(sweepers.map((sweeper) => sweeper.sweep()));
      taken += reports.reduce((sum, report) => sum + report.leases, 0);
    }
    expect(taken).toBe(40);
    expect(await chunkCount()).toBe(0);
    expect((await leases()).map((lease) => lease['why'])).toEqual(Array(20).fill('remembered'));
  });
});

describe('upload URLs', () => {
  test('go a day after their end, stored or not, and not before', async () => {
    const [waiting, stored] = await Promise.all([gridhold.generateUploadUrl(), gridhold.generateUploadUrl()]);
    await gridhold.useCases.receiveUpload(tokenOf(stored), async () => incomingOf('bytes'));
    const expire = (at: Date): Promise<unknown> =>
      store.db.collection('uploadUrls').updateMany({}, { $set: { expiresAt: at } });
    await expire(ago(23 * hourMs));
    expect((await gridhold.sweep(everything)).uploadUrls).toBe(0);
    await expire(ago(25 * hourMs));
    expect((await gridhold.sweep({ dryRun: true })).uploadUrls).toBe(2);
    expect((await gridhold.sweep()).uploadUrls).toBe(2);
    expect(await gridhold.useCases.uploadUrlsByIds([waiting.id, stored.id], app)).toEqual([null, null]);
  });

  test('stay while somebody sends to them', async () => {
    const uploadUrl = await gridhold.useCases.generateUploadUrl({}, app);
    const shifted = store.db.collection<Document & { _id: string }>('uploadUrls');
    async function* slowly(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('one, ');
      await shifted.updateOne({ _id: uploadUrl.id }, { $set: { expiresAt: ago(48 * hourMs) } });
      expect(await gridhold.sweep()).toMatchObject({ uploadUrls: 0, skipped: 1 });
      yield Buffer.from('two');
    }
    const { file } = await gridhold.useCases.receiveUpload(tokenOf(uploadUrl), async () =>
      incomingOf(slowly()),
    );
    expect(file.size).toBe(8);
    expect((await gridhold.sweep()).uploadUrls).toBe(1);
  });
});

test('an instance sweeps by itself at its interval, until it is closed', async () => {
  await beginCollecting();
  const sweeping = await store.another({ sweepIntervalMs: 100, unreferencedTtlMs: 0, chunkDelayMs: 0 });
  const [{ id } = { id: '' }] = await storeMany(1);
  await expect.poll(() => gridhold.file(id), { timeout: 10_000 }).toBeNull();
  await sweeping.close();
  const [left = { id: '' }] = await storeMany(1);
  await pause(400);
  expect(await gridhold.file(left.id)).not.toBeNull();
});
