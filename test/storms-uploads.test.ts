/** Equal bytes from many at once, and an app's transaction that is held open in the midst of it. */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { ClientSession } from 'mongodb';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Gridhold, LibraryFile } from '../src/gridhold.ts';
import { brokenInvariants } from './support/invariants.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { app, documentOf, incomingOf, tokenOf } from './support/use-case-input.ts';

/** Three chunks. */
const fileBytes = 600_000;
let store: TestGridhold;
let clients: Gridhold[];

beforeAll(async () => {
  store = await openTestGridhold();
  clients = [store.gridhold, ...(await Promise.all([store.another(), store.another(), store.another()]))];
});

afterEach(async () => {
  expect(await brokenInvariants(store.db)).toEqual([]);
});

async function onlyOneBlobOf(files: readonly LibraryFile[]): Promise<void> {
  expect(new Set(files.map(({ id }) => id)).size).toBe(files.length);
  expect(new Set(files.map(({ sha256 }) => sha256)).size).toBe(1);
  const blobs = await store.db
    .collection('blobs.files')
    .find({ filename: files[0]?.sha256 ?? '' })
    .toArray();
  expect(blobs.map((blob) => blob['metadata'])).toEqual([
    { sha256: files[0]?.sha256, fileCount: files.length },
  ]);
}

describe('while an app holds a transaction with an attach open for longer than any of ours may take', () => {
  /** Ours are given up after 15 s. */
  const heldMs = 17_000;
  /** An operation that somebody's open transaction is in the way of must say so in time; here nothing may wait for it. */
  const promptMs = 10_000;
  const bytes = randomBytes(fileBytes);
  const document = documentOf('messages', 'held');
  let session: ClientSession;
  let held: LibraryFile;
  let aborted: LibraryFile;
  let abortedSession: ClientSession;
  let beganAt: number;

  beforeAll(async () => {
    const first = await store.gridhold.store(Buffer.from('first'));
    await store.gridhold.attach({ fileId: first.id, document: documentOf('messages', 'first') });
    held = await store.gridhold.store(bytes);
    aborted = await store.gridhold.store(bytes);
    session = store.client.startSession();
    abortedSession = store.client.startSession();
    beganAt = performance.now();
    for (const [open, file] of [
      [session, held],
      [abortedSession, aborted],
    ] as const) {
      open.startTransaction();
      await store.db.collection('messages').insertOne({ text: 'held', file: file.id }, { session: open });
      await store.gridhold.attach({ fileId: file.id, document }, { session: open });
    }
  });
  afterAll(async () => {
    await session.endSession();
    await abortedSession.endSession();
  });
  const prompt = async <T>(work: Promise<T>): Promise<T> => {
    const startedAt = performance.now();
    const value = await work;
    expect(performance.now() - startedAt).toBeLessThan(promptMs);
    return value;
  };

  test('the sweep skips those files, and collects the others', async () => {
    const others = await Promise.all(Array.from({ length: 5 }, () => store.gridhold.store(randomBytes(20))));
    await pause(2);
    const report = await prompt(
      clients[1]?.sweep({ unreferencedTtlMs: 0, chunkDelayMs: 0 }) ?? Promise.reject(),
    );
    const ids = (files: readonly { id: string }[]): string[] => files.map(({ id }) => id).sort();
    expect(ids(report.files)).toEqual(ids(others));
    expect(report.skipped).toBe(2);
    expect(await store.gridhold.file(held.id)).toMatchObject({ refCount: 0 });
  });

  test('uploads of equal bytes go on', async () => {
    const files = await prompt(Promise.all(clients.map((client) => client.store(bytes))));
    await onlyOneBlobOf([held, aborted, ...files]);
  });

  test('and so do equal uploads that are attached to documents, to that document by others, and deletes', async () => {
    const attachTo = { document, field: 'other' };
    const file = await prompt(store.gridhold.store(bytes, { attachTo }));
    expect(file.refCount).toBe(1);
    await prompt(clients[2]?.delete({ id: file.id, force: true }) ?? Promise.reject());
    expect(await store.gridhold.file(file.id)).toBeNull();
  });

  test('32 uploads of the same bytes at once make one blob that counts 32, and no other chunk', async () => {
    const same = randomBytes(fileBytes);
    const files = await Promise.all(
      Array.from({ length: 32 }, async (_, number): Promise<LibraryFile> => {
        const { useCases, store: storeBytes } = clients[number % clients.length] ?? store.gridhold;
        if (number % 2 === 0) return await storeBytes(same);
        const uploadUrl = await useCases.generateUploadUrl({}, app);
        const result = await useCases.receiveUpload(tokenOf(uploadUrl), async () => incomingOf(same));
        expect(result.created).toBe(true);
        return result.file;
      }),
    );
    await onlyOneBlobOf(files);
    const blob = await store.db.collection('blobs.files').findOne({ filename: files[0]?.sha256 ?? '' });
    expect(await store.db.collection('blobs.chunks').countDocuments({ files_id: blob?._id })).toBe(3);
    expect(await store.db.collection('leases').countDocuments({ why: 'writing' })).toBe(0);
  });

  test('the commit after all that stands, and so does the abort', { timeout: 60_000 }, async () => {
    await pause(Math.max(0, heldMs - (performance.now() - beganAt)));
    await session.commitTransaction();
    await abortedSession.abortTransaction();
    expect(await store.gridhold.file(held.id)).toMatchObject({ refCount: 1, expiresAt: null });
    expect(await store.db.collection('messages').find().toArray()).toMatchObject([{ file: held.id }]);
    expect(await store.gridhold.file(aborted.id)).toMatchObject({ refCount: 0 });
    const report = await store.gridhold.sweep({ unreferencedTtlMs: 0, chunkDelayMs: 0 });
    expect(report.files.map(({ id }) => id)).toContain(aborted.id);
    expect(report.skipped).toBe(0);
  });
});

test('equal uploads against deletes of the only file: the bytes are there for each that was stored', async () => {
  const bytes = randomBytes(fileBytes);
  for (let round = 0; round < 20; round++) {
    const { id } = await store.gridhold.store(bytes);
    const [file] = await Promise.all([
      clients[1]?.store(bytes) ?? Promise.reject(),
      pause(round).then(() => clients[2]?.delete({ id })),
    ]);
    const { stream } = await store.gridhold.open(file.id);
    expect(Buffer.concat(await stream.toArray()).equals(bytes)).toBe(true);
    await onlyOneBlobOf([file]);
    await store.gridhold.delete({ id: file.id });
  }
});
