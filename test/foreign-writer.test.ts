/**
 * The claim in another language: PyMongo with the code of docs/data-model.md leaves what Gridhold would have left. What it
 * reads is in gridfs-readers.test.ts.
 */
import { randomBytes } from 'node:crypto';
import type { Db } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gridhold } from '../src/gridhold.ts';
import { neverStored } from './python/data-model-page.ts';
import { type ForeignApps, openForeignApps } from './python/foreign-apps.ts';
import { openPythonEnvironment } from './python/python-environment.ts';
import { brokenInvariants } from './support/invariants.ts';
import { app } from './support/use-case-input.ts';

let apps: ForeignApps;
let gridhold: Gridhold;
let db: Db;

const python = await openPythonEnvironment();
if (python.missing) it.skip(`From PyMongo: ${python.missing}`);

describe.skipIf(python.missing)('PyMongo with the page’s own code:', () => {
  beforeAll(async () => {
    apps = await openForeignApps(python.program ?? '');
    ({ gridhold, db } = apps);
  });

  afterAll(() => apps.close());

  it('an attach leaves the same records as the library’s', async () => {
    const [theirs, ours] = [await gridhold.store(randomBytes(9)), await gridhold.store(randomBytes(9))];
    await apps.tell('post', { messageId: 'theirs', fileId: theirs.id });
    await gridhold.attach({ fileId: ours.id, document: { collection: 'messages', documentId: 'ours' } });
    expect(await shapeOf(theirs.id)).toEqual(await shapeOf(ours.id));
    expect(await gridhold.file(theirs.id)).toMatchObject({ refCount: 1, expiresAt: null });
    expect(await apps.tell('held', { documentId: 'theirs' })).toEqual({ fileIds: [theirs.id] });
    expect(await apps.tell('held', { documentId: 'ours' })).toEqual({ fileIds: [ours.id] });
    expect(await brokenInvariants(db)).toEqual([]);
  });

  it('a detach leaves the same records as the library’s, and the last one starts the time', async () => {
    const [theirs, ours] = [await gridhold.store(randomBytes(9)), await gridhold.store(randomBytes(9))];
    for (const { id: fileId } of [theirs, ours]) {
      for (const documentId of ['first', 'last']) {
        await gridhold.attach({ fileId, document: { collection: 'messages', documentId } });
      }
    }
    for (const documentId of ['first', 'last']) {
      expect(await apps.tell('detach', { documentId, fileId: theirs.id })).toEqual({ detached: true });
      await gridhold.detach({ fileId: ours.id, document: { collection: 'messages', documentId } });
      expect(await shapeOf(theirs.id)).toEqual(await shapeOf(ours.id));
    }
    expect(await apps.tell('detach', { documentId: 'last', fileId: theirs.id })).toEqual({ detached: false });
    expect(await brokenInvariants(db)).toEqual([]);
  });

  it('the last detach of a kept file does not start its time', async () => {
    const { id: fileId } = await gridhold.store(randomBytes(9), { keep: true });
    await apps.tell('post', { messageId: 'keeper', fileId });
    await apps.tell('delete', { messageId: 'keeper' });
    expect(await apps.stateOf('keeper', fileId)).toBe('neither');
    expect(await gridhold.file(fileId)).toMatchObject({ refCount: 0, expiresAt: null });
    expect(await brokenInvariants(db)).toEqual([]);
  });

  it('a deleted message lets go of all that it held, twice the same file as well', async () => {
    const [one, two] = [await gridhold.store(randomBytes(9)), await gridhold.store(randomBytes(9))];
    await apps.tell('post', { messageId: 'full', fileId: one.id });
    const document = { collection: 'messages', documentId: 'full' };
    await gridhold.attach({ fileId: one.id, document, field: 'cover' });
    await gridhold.attach({ fileId: two.id, document });
    await apps.tell('delete', { messageId: 'full' });
    expect(await gridhold.useCases.filesByIds([one.id, two.id], app)).toMatchObject([
      { refCount: 0 },
      { refCount: 0 },
    ]);
    expect(await brokenInvariants(db)).toEqual([]);
  });

  it('an attach of a missing file writes nothing, even where the app swallows it and commits', async () => {
    const before = await db.command({ dbHash: 1 });
    const fileId = neverStored;
    expect(await apps.order('post', { messageId: 'lost', fileId })).toMatchObject({ failed: 'FileMissing' });
    expect(await apps.messages.countDocuments({ _id: 'lost' })).toBe(0);
    expect(await apps.tell('attach_and_swallow', { messageId: 'alone', fileId })).toEqual({
      swallowed: 'FileMissing',
    });
    expect(await apps.messages.countDocuments({ _id: 'alone' })).toBe(1);
    expect((await db.command({ dbHash: 1 }))['collections']).toEqual(before['collections']);
  });

  it('a second attach of the same ends the transaction with error 11000, and counts nothing', async () => {
    const { id: fileId } = await gridhold.store(randomBytes(9));
    await gridhold.attach({ fileId, document: { collection: 'messages', documentId: 'twice' } });
    const before = await db.command({ dbHash: 1 });
    const again = { messageId: 'twice', fileId };
    expect(await apps.order('post', again)).toMatchObject({ failed: 'DuplicateKeyError' });
    expect(await apps.order('attach_and_swallow', again)).toMatchObject({ failed: 'OperationFailure' });
    expect(await apps.messages.countDocuments({ _id: 'twice' })).toBe(0);
    expect((await db.command({ dbHash: 1 }))['collections']).toEqual(before['collections']);
    await apps.tell('post_again', again);
    await apps.tell('post_again', again);
    expect(await apps.stateOf('twice', fileId)).toBe('both');
    expect(await gridhold.file(fileId)).toMatchObject({ refCount: 1 });
    expect(await brokenInvariants(db)).toEqual([]);
  });
});

/** A file's record and its attachments without what differs from one to the next, and what a foreign writer may leave out. */
async function shapeOf(fileId: string): Promise<unknown> {
  const typesOf = (record: object) =>
    Object.entries(record).map(([key, value]) => [key, typeof value === 'number' ? value : typeof value]);
  const file = await db.collection<{ _id: string }>('files').findOne({ _id: fileId });
  const holds = await db.collection('attachments').find({ fileId }).toArray();
  const promised = holds.map(({ owner: _, ...hold }) => typesOf(hold).sort());
  return { file: typesOf(file ?? {}).sort(), holds: promised };
}
