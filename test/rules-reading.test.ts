/** The bytes of a file, whole or in part, never short; the totals; and whether the store answers. */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { ObjectId } from 'mongodb';
import { beforeAll, describe, expect, test } from 'vitest';
import type { StoredFile } from '../src/domain/model.ts';
import type { ByteRange, UseCases } from '../src/domain/use-cases.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { app, byApp, commandsDuring, documentOf, incomingOf } from './support/use-case-input.ts';

const chunkBytes = 261_120;
let store: TestGridhold;
let rules: UseCases;

beforeAll(async () => {
  store = await openTestGridhold();
  rules = store.gridhold.useCases;
});

async function stored(bytes: Uint8Array): Promise<StoredFile> {
  return (await rules.storeFile(incomingOf(bytes), {}, app)).file;
}
async function read(file: StoredFile, range?: ByteRange, signal?: AbortSignal): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of rules.readBytes(file, range, signal)) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe('bytes', () => {
  test.each([0, 1, chunkBytes - 1, chunkBytes, chunkBytes + 1, 20 * chunkBytes + 7])(
    '%i of them come back the same',
    async (size) => {
      const bytes = randomBytes(size);
      const file = await stored(bytes);
      expect(file.size).toBe(size);
      expect((await read(file)).equals(bytes)).toBe(true);
    },
  );

  test('any range of them is exactly that, and reads only its chunks', async () => {
    const bytes = randomBytes(12 * chunkBytes + 100);
    const file = await stored(bytes);
    const position = fc.oneof(
      fc.nat({ max: bytes.length - 1 }),
      fc.nat({ max: 12 }).map((n) => n * chunkBytes),
      fc.nat({ max: 11 }).map((n) => (n + 1) * chunkBytes - 1),
    );
    await fc.assert(
      fc.asyncProperty(position, position, async (one, other) => {
        const range = { start: Math.min(one, other), end: Math.max(one, other) };
        expect((await read(file, range)).equals(bytes.subarray(range.start, range.end + 1))).toBe(true);
      }),
      { numRuns: 40 },
    );
    const commands = await commandsDuring(store.client, () =>
      read(file, { start: chunkBytes, end: chunkBytes }),
    );
    expect(commands).toEqual(['find blobs.chunks']);
  });

  test('that are missing break the read, and take the blob off the index: an equal upload is live again', async () => {
    const bytes = randomBytes(3 * chunkBytes);
    const file = await stored(bytes);
    await store.db
      .collection('blobs.chunks')
      .deleteOne({ files_id: ObjectId.createFromHexString(file.blobId), n: 1 });
    await expect(read(file)).rejects.toThrow('missing');
    await expect(read(file)).rejects.toThrow('missing');
    expect((await read(file, { start: 0, end: 9 })).equals(bytes.subarray(0, 10))).toBe(true);
    const again = await stored(bytes);
    expect(again.blobId).not.toBe(file.blobId);
    expect((await read(again)).equals(bytes)).toBe(true);
  });

  test('of which some have gone unnoticed are not joined by an equal upload', async () => {
    const bytes = randomBytes(2 * chunkBytes);
    const file = await stored(bytes);
    await store.db
      .collection('blobs.chunks')
      .deleteOne({ files_id: ObjectId.createFromHexString(file.blobId), n: 0 });
    expect((await read(await stored(bytes))).equals(bytes)).toBe(true);
  });

  test('that are cut short in storage break the read', async () => {
    const file = await stored(randomBytes(1_000));
    const chunks = store.db.collection('blobs.chunks');
    await chunks.updateOne(
      { files_id: ObjectId.createFromHexString(file.blobId) },
      { $set: { data: Buffer.from('short') } },
    );
    await expect(read(file)).rejects.toThrow();
  });

  test('are read no further once nobody wants them', async () => {
    const file = await stored(randomBytes(20 * chunkBytes));
    const leaving = new AbortController();
    const pieces = rules.readBytes(file, undefined, leaving.signal);
    await pieces.next();
    leaving.abort();
    await expect(async () => {
      for await (const _ of pieces);
    }).rejects.toThrow();
    expect(await commandsDuring(store.client, () => pieces.return())).toEqual([]);
    // What they held of the budget is free again.
    for (let round = 0; round < 40; round++) {
      const reading = rules.readBytes(file);
      await reading.next();
      await reading.return();
    }
    expect((await read(file)).length).toBe(file.size);
  });

  test('of a deleted file can be read to their end while its chunks are kept', async () => {
    const bytes = randomBytes(20 * chunkBytes);
    const file = await stored(bytes);
    const pieces: Uint8Array[] = [];
    for await (const piece of rules.readBytes(file)) {
      if (pieces.length === 0) {
        await rules.deleteFile({ id: file.id }, app);
        await store.gridhold.sweep();
        expect(await rules.fileToServe(file.id, byApp)).toBeNull();
      }
      pieces.push(piece);
    }
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  });
});

test('the totals count files, what is kept of them, and what nothing holds', async () => {
  const fresh = await openTestGridhold();
  const { useCases } = fresh.gridhold;
  const store = (bytes: string, declaredType: string, input = {}) =>
    useCases.storeFile(incomingOf(bytes, { declaredType }), input, app);
  await store('12345', 'text/plain');
  await store('12345', 'text/plain;charset=utf-8');
  await store('123', 'image/png', { attachTo: { document: documentOf('posts', 1) } });
  const totals = await useCases.storageTotals(app);
  expect(totals).toMatchObject({
    fileCount: 3,
    totalSize: 13,
    storedSize: 8,
    unreferencedCount: 2,
    unreferencedSize: 10,
    byContentType: [
      { contentType: 'text/plain', fileCount: 2, totalSize: 10 },
      { contentType: 'image/png', fileCount: 1, totalSize: 3 },
    ],
  });
  expect(totals.collectingSince).toBeInstanceOf(Date);
  expect(Math.abs(totals.asOf.getTime() - Date.now())).toBeLessThan(60_000);
  await store('more', 'text/plain');
  expect(await useCases.storageTotals(app)).toEqual(totals);
});

test('a store that answers is ready; one whose client is closed says that it is not available', async () => {
  const closing = await openTestGridhold();
  await closing.gridhold.useCases.ready();
  await closing.client.close();
  await expect(closing.gridhold.useCases.ready()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  await closing.client.connect();
});
