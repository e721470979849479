/**
 * A process dies at any step of deleting and of sweeping. A new instance goes on from there: what was to go is gone as
 * a whole or still there as a whole, nothing else is lost, and in the end nothing is left over.
 */
import { createHash } from 'node:crypto';
import { Binary, ObjectId } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gridhold } from '../src/gridhold.ts';
import { eachCommand } from './children/crash-children.ts';
import { bytesOf, type CrashSite, openCrashSite } from './children/crash-site.ts';
import { brokenInvariants } from './support/invariants.ts';
import { app } from './support/use-case-input.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

let site: CrashSite;

beforeAll(async () => {
  site = await openCrashSite({ seed: 'bystander', size: 300_000 });
});

afterAll(async () => {
  await site.children.close();
});

const albums = (documentId: string) => ({ collection: 'albums', documentId });

describe('A process killed at any command of', () => {
  it.each([
    { title: 'a deletion', documents: [], force: false, sharesBlob: false },
    { title: 'a deletion by force', documents: ['one', 'two'], force: true, sharesBlob: false },
    {
      title: 'the deletion of one of two files with the same bytes',
      documents: [],
      force: false,
      sharesBlob: true,
    },
  ])('$title leaves the whole file or nothing, and the repeat completes it', async (given) => {
    await eachCommand('succeeded', async (strike) => {
      const before = await site.restarted();
      const content = given.sharesBlob ? site.bystander.content : { seed: 'to be deleted', size: 300_000 };
      const { id } = await before.store(bytesOf(content));
      for (const documentId of given.documents)
        await before.attach({ fileId: id, document: albums(documentId) });
      const outcome = await site.children.order('delete', { id, force: given.force }, strike);
      expect(await brokenInvariants(site.db)).toEqual([]);
      const gridhold = await site.restarted();
      const file = await gridhold.file(id);
      expect(await site.db.collection('attachments').countDocuments({ fileId: id })).toBe(
        file ? given.documents.length : 0,
      );
      if ('done' in outcome) expect(file).toBeNull();
      if (file) await expectWhole(gridhold, id);
      expect(await gridhold.delete({ id, force: given.force })).toEqual({
        fileId: id,
        deleted: file !== null,
      });
      await site.settle(gridhold);
      await site.expectNothingLeftOver(gridhold);
      return outcome;
    });
  });

  it('a sweep leaves what the next sweep goes on from', { timeout: 240_000 }, async () => {
    await eachCommand('succeeded', async (strike) => {
      const rubbish = await layOutRubbish(await site.restarted());
      const options = { unreferencedTtlMs: minuteMs, chunkDelayMs: 0 };
      const outcome = await site.children.order('sweep', options, strike);
      expect(await brokenInvariants(site.db)).toEqual([]);
      const gridhold = await site.restarted();
      for (const id of rubbish.dueFiles) await expectWholeOrGone(gridhold, id);
      await expectWhole(gridhold, rubbish.freshFile);
      expect(await stateOf(rubbish.liveWriter)).toBe('writing');

      // Twice, because a step that a busy machine holds up is left to the next sweep.
      for (let pass = 0; pass < 2; pass++) await gridhold.sweep(options);
      expect(await gridhold.useCases.filesByIds(rubbish.dueFiles, app)).toEqual([null, null]);
      expect(await Promise.all(rubbish.dueLeases.map(stateOf))).toEqual([
        'abandoned',
        'remembered',
        null,
        null,
      ]);
      await expectWhole(gridhold, rubbish.freshFile);
      expect(await stateOf(rubbish.liveWriter)).toBe('writing');
      expect(await site.db.collection('uploadUrls').distinct('_id')).toEqual([rubbish.uploadUrlOfLiveWriter]);

      await site.settle(gridhold, true);
      await site.expectNothingLeftOver(gridhold);
      await site.expectNothingLeftOverAfterDays(gridhold);
      return outcome;
    });
  });
});

/** Something of everything that a sweep collects, beside what it must not touch. */
async function layOutRubbish(gridhold: Gridhold) {
  const ownBytes = await gridhold.store(bytesOf({ seed: 'rubbish', size: 300_000 }));
  const sharedBytes = await gridhold.store(bytesOf(site.bystander.content));
  await site.letTimePass(2 * minuteMs);
  const freshFile = await gridhold.store(Buffer.from('fresh'));
  // More chunks than one command removes.
  const deleted = await layOutLease('deleted', -minuteMs, 401);
  const liveWriter = await layOutLease('writing', minuteMs / 2, 1);
  await layOutUploadUrl(null);
  return {
    dueFiles: [ownBytes.id, sharedBytes.id],
    freshFile: freshFile.id,
    dueLeases: [
      await layOutLease('writing', -minuteMs, 2),
      await layOutLease('abandoned', -minuteMs, 2),
      await layOutLease('remembered', -minuteMs, 1),
      deleted,
    ],
    liveWriter,
    uploadUrlOfLiveWriter: await layOutUploadUrl(liveWriter),
  };
}

async function layOutLease(why: string, untilMs: number, chunks: number): Promise<ObjectId> {
  const blobId = new ObjectId();
  const since = new Date(Date.now() - 3 * minuteMs);
  const until = new Date(Date.now() + untilMs);
  await site.db
    .collection('leases')
    .insertOne({ _id: blobId, why, until, since, receivedBytes: 0, progressAt: since });
  const data = new Binary(Buffer.from('rubbish'));
  await site.db
    .collection('blobs.chunks')
    .insertMany(Array.from({ length: chunks }, (_, n) => ({ files_id: blobId, n, data })));
  return blobId;
}

/** One that has been over for two days. */
async function layOutUploadUrl(blobId: ObjectId | null): Promise<string> {
  const gridhold = await site.restarted();
  const { id } = await gridhold.generateUploadUrl();
  const expiresAt = new Date(Date.now() - 2 * dayMs);
  await site.db
    .collection<{ _id: string }>('uploadUrls')
    .updateOne({ _id: id }, { $set: { expiresAt, blobId } });
  return id;
}

async function stateOf(blobId: ObjectId): Promise<string | null> {
  const lease = await site.db.collection('leases').findOne({ _id: blobId });
  return lease?.['why'] ?? null;
}

async function expectWholeOrGone(gridhold: Gridhold, id: string): Promise<void> {
  if (await gridhold.file(id)) await expectWhole(gridhold, id);
}

async function expectWhole(gridhold: Gridhold, id: string): Promise<void> {
  const { file, stream } = await gridhold.open(id);
  const bytes = Buffer.concat(await stream.toArray());
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(file.sha256);
}
