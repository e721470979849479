/** What holds the process's bytes must not hold up others, and what was live keeps its chunks for its time. */
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import type { IncomingBytes } from '../src/domain/incoming-bytes.ts';
import { openTestGridhold } from './support/open-gridhold.ts';
import { app, byApp } from './support/use-case-input.ts';

const store = await openTestGridhold();
const { gridhold, db } = store;

function incomingOf(bytes: Uint8Array): IncomingBytes {
  async function* once(): AsyncGenerator<Uint8Array> {
    yield bytes;
  }
  return { bytes: once(), declaredType: null, declaredLength: null, filename: null, sha256: null };
}

test('downloads whose clients take nothing more do not hold up an upload', async () => {
  const file = await gridhold.store(randomBytes(6_000_000));
  const stored = (await gridhold.useCases.fileToServe(file.id, byApp))?.file;
  if (!stored) throw new Error('The file is gone');
  const readers = Array.from({ length: 20 }, () => gridhold.useCases.readBytes(stored));
  for (const reader of readers) expect((await reader.next()).done).toBe(false);
  expect((await gridhold.store(randomBytes(3_000_000))).size).toBe(3_000_000);
  let rest = 0;
  for await (const piece of readers[19] ?? []) rest += piece.byteLength;
  expect(rest).toBeGreaterThan(5_000_000);
  for (const reader of readers) await reader.return();
});

test('a stage that is let go of late leaves the chunks of a file that was deleted meanwhile for their time', async () => {
  const stage = gridhold.useCases.stageFile(incomingOf(randomBytes(600_000)), app);
  const { file } = await gridhold.useCases.storeStaged(stage, {}, app);
  expect(await gridhold.delete({ id: file.id })).toEqual({ fileId: file.id, deleted: true });
  const chunks = await db.collection('blobs.chunks').countDocuments();
  await stage.discard();
  expect(await db.collection('blobs.chunks').countDocuments()).toBe(chunks);
  expect(await db.collection('leases').countDocuments({ why: 'deleted' })).toBe(1);
});

test('a file that a request uses twice gives each its own limit', async () => {
  const stage = gridhold.useCases.stageFile(incomingOf(randomBytes(1_000)), app);
  const refused = gridhold.useCases.storeStaged(stage, { maxSize: 999 }, app);
  const taken = gridhold.useCases.storeStaged(stage, {}, app);
  await expect(refused).rejects.toMatchObject({ code: 'FILE_TOO_LARGE', details: { maxSize: 999 } });
  expect((await taken).file.size).toBe(1_000);
  await stage.discard();
});

test('a range beyond the end is refused, and the blob stays the one that equal uploads find', async () => {
  const bytes = randomBytes(1_000);
  const file = await gridhold.store(bytes);
  await expect(gridhold.open(file.id, { start: 0, end: 1_000 })).rejects.toMatchObject({
    code: 'RANGE_NOT_SATISFIABLE',
  });
  const stored = (await gridhold.useCases.fileToServe(file.id, byApp))?.file;
  if (!stored) throw new Error('The file is gone');
  await expect(gridhold.useCases.readBytes(stored, { start: 0, end: 1_000 }).next()).rejects.toMatchObject({
    code: 'RANGE_NOT_SATISFIABLE',
  });
  await gridhold.store(bytes);
  expect(await db.collection('blobs.files').countDocuments({ 'metadata.sha256': file.sha256 })).toBe(1);
});

test('an idempotency key is good on an instance with other settings', async () => {
  const other = await store.another({ maxUploadBytes: 10_000_000, defaultVisibility: 'PRIVATE' });
  const bytes = randomBytes(100);
  const first = await gridhold.store(bytes, { idempotencyKey: 'rolling', filename: 'a' });
  const again = await other.store(bytes, { idempotencyKey: 'rolling', filename: 'a' });
  expect(again.id).toBe(first.id);
});

test('an upload URL is held to the settings as they are when the bytes come', async () => {
  const { path } = await gridhold.generateUploadUrl();
  const narrow = await store.another({ maxUploadBytes: 10, contentTypes: ['image/png'] });
  const token = path.slice('/upload/'.length);
  const send = (bytes: Uint8Array) => narrow.useCases.receiveUpload(token, async () => incomingOf(bytes));
  await expect(send(randomBytes(11))).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' });
  await expect(send(Buffer.from('text'))).rejects.toMatchObject({ code: 'CONTENT_TYPE_NOT_ALLOWED' });
});
