/**
 * A process dies at any step of storing. The client does what clients do, and sends the same again, or it never comes
 * back: then a file is there as a whole or not at all, what was there before still is, and nothing is left over.
 */
import { Binary, ObjectId } from 'mongodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Gridhold, GridholdError } from '../src/gridhold.ts';
import { eachCommand } from './children/crash-children.ts';
import { bytesOf, type Content, type CrashSite, openCrashSite } from './children/crash-site.ts';
import { brokenInvariants } from './support/invariants.ts';
import { app } from './support/use-case-input.ts';

const chunkBytes = 261_120;
/** More than one batch of the writer, and more than two. */
const twoBatches = 8 * chunkBytes + 1;
const threeBatches = 16 * chunkBytes + 1;
/** Beyond the 10 s without progress after which a newcomer may take an upload URL over. */
const stalledMs = 11_000;

let site: CrashSite;

beforeAll(async () => {
  site = await openCrashSite({ seed: 'known already', size: twoBatches });
});

afterAll(async () => {
  await site.children.close();
});

it('An upload in place of another file, killed at any command and left alone, is there as a whole or not at all', async () => {
  const seen = { stored: 0, nothing: 0 };
  await eachCommand('succeeded', async (strike) => {
    const upload = await Upload.prepare({ seed: 'new', size: threeBatches }, true);
    const outcome = await site.children.order('upload', upload.order, strike);
    expect(await brokenInvariants(site.db)).toEqual([]);
    const gridhold = await site.restarted();
    await site.settle(gridhold);
    const fileId = await upload.storedFileId(gridhold);
    if (fileId === null) await upload.expectNothing(gridhold);
    else await upload.expectStored(gridhold, fileId);
    seen[fileId === null ? 'nothing' : 'stored'] += 1;
    await upload.letGo(gridhold);
    return outcome;
  });
  expect(seen.nothing).toBeGreaterThan(10);
  expect(seen.stored).toBeGreaterThan(1);
}, 240_000);

it.each([
  { title: 'of new bytes, in place of another file', seed: 'new', size: threeBatches, replace: true },
  { title: 'of bytes that are stored already', seed: 'known already', size: twoBatches, replace: false },
])(
  'An upload $title, killed at any command, is completed by the client’s repeat',
  async ({ seed, size, replace }) => {
    let refused = 0;
    await eachCommand('started', async (strike) => {
      const upload = await Upload.prepare({ seed, size }, replace);
      const outcome = await site.children.order('upload', upload.order, strike);
      expect(await brokenInvariants(site.db)).toEqual([]);
      const gridhold = await site.restarted();
      const file = await upload.repeat(gridhold);
      if ('done' in outcome) expect(outcome.done).toEqual({ id: file.id, created: true });
      expect(await upload.repeat(gridhold)).toEqual({ id: file.id, created: false });
      await site.settle(gridhold);
      await upload.expectStored(gridhold, file.id);
      await upload.letGo(gridhold);
      refused += upload.refused;
      return outcome;
    });
    // For ten seconds nobody can tell the dead process from one that is sending.
    expect(refused).toBeGreaterThan(10);
  },
  240_000,
);

it('An upload that takes over from a stalled one, killed in turn, is completed by the next', async () => {
  const firstCommands = 8;
  await eachCommand(
    'succeeded',
    async (strike) => {
      const upload = await Upload.prepare({ seed: 'third time lucky', size: chunkBytes }, false);
      await upload.stall();
      const outcome = await site.children.order('upload', upload.order, strike);
      expect(await brokenInvariants(site.db)).toEqual([]);
      const gridhold = await site.restarted();
      const file = await upload.repeat(gridhold);
      await site.settle(gridhold);
      await upload.expectStored(gridhold, file.id);
      await upload.letGo(gridhold);
      return outcome;
    },
    firstCommands,
  );
});

it('A repeat is not kept waiting by the transaction that a dead process has left open', async () => {
  const upload = await Upload.prepare({ seed: 'left open', size: chunkBytes }, false);
  await upload.stall();
  const end = await upload.holdLease();
  const gridhold = await site.restarted();
  const begunAt = performance.now();
  await expect(upload.send(gridhold)).rejects.toMatchObject({ code: 'UPLOAD_IN_PROGRESS' });
  expect(performance.now() - begunAt).toBeLessThan(10_000);
  await end();
  expect(await upload.send(gridhold)).toMatchObject({ created: true });
  await site.settle(gridhold);
  await upload.letGo(gridhold);
});

it('store() with an idempotency key, killed at any command and repeated, makes one file', async () => {
  let key = 0;
  await eachCommand('succeeded', async (strike) => {
    const { content } = site.bystander;
    const options = { idempotencyKey: `key ${key++}`, filename: 'stored.bin' };
    const outcome = await site.children.order('store', { content, options }, strike);
    expect(await brokenInvariants(site.db)).toEqual([]);
    const gridhold = await site.restarted();
    const file = await gridhold.store(bytesOf(content), options);
    if ('done' in outcome) expect(outcome.done).toEqual({ id: file.id });
    const { id: again } = await gridhold.store(bytesOf(content), options);
    expect(again).toBe(file.id);
    expect(await site.db.collection('files').countDocuments({ filename: 'stored.bin' })).toBe(1);
    await site.settle(gridhold, true);
    await site.expectNothingLeftOver(gridhold);
    return outcome;
  });
}, 240_000);

it('Days later nothing of all that is left', async () => {
  expect(await site.db.collection('leases').countDocuments()).toBeGreaterThan(10);
  expect(await site.db.collection('uploadUrls').countDocuments()).toBeGreaterThan(10);
  await site.expectNothingLeftOverAfterDays(await site.restarted());
});

/** One upload URL, whose file shall be attached to a document. */
class Upload {
  /** How often a repeat was told that another one is sending. */
  refused = 0;
  readonly #id: string;
  readonly #token: string;
  readonly #content: Content;
  readonly #document: { collection: string; documentId: string };
  /** What the document held before, where the upload shall replace it. */
  readonly #former: string | null;

  private constructor(
    uploadUrl: { readonly id: string; readonly path: string },
    content: Content,
    document: { collection: string; documentId: string },
    former: string | null,
  ) {
    this.#id = uploadUrl.id;
    this.#token = uploadUrl.path.slice('/upload/'.length);
    this.#content = content;
    this.#document = document;
    this.#former = former;
  }

  static async prepare(content: Content, replace: boolean): Promise<Upload> {
    const gridhold = await site.restarted();
    const document = { collection: 'albums', documentId: new ObjectId().toHexString() };
    const uploadUrl = await gridhold.generateUploadUrl({ attachTo: { document, replace } });
    if (!replace) return new Upload(uploadUrl, content, document, null);
    const former = await gridhold.store(Buffer.from('the former file'));
    await gridhold.attach({ fileId: former.id, document });
    return new Upload(uploadUrl, content, document, former.id);
  }

  get order(): object {
    return { token: this.#token, content: this.#content };
  }

  /** As a process leaves it that was stopped in the middle, eleven seconds ago. */
  async stall(): Promise<void> {
    const blobId = new ObjectId();
    const now = Date.now();
    const since = new Date(now - stalledMs);
    const until = new Date(now + 49_000);
    await site.db
      .collection('leases')
      .insertOne({ _id: blobId, why: 'writing', until, since, receivedBytes: 5, progressAt: since });
    await site.db
      .collection<{ _id: string }>('uploadUrls')
      .updateOne({ _id: this.#id }, { $set: { blobId } });
    const data = new Binary(Buffer.from('stale'));
    await site.db.collection('blobs.chunks').insertOne({ files_id: blobId, n: 0, data });
  }

  /** As a finalize does that never ends. @returns ends it */
  async holdLease(): Promise<() => Promise<void>> {
    const session = site.client.startSession();
    session.startTransaction();
    await site.db
      .collection('leases')
      .updateMany({ why: 'writing' }, { $inc: { receivedBytes: 1 } }, { session });
    return async () => {
      await session.abortTransaction();
      await session.endSession();
    };
  }

  async send(gridhold: Gridhold): Promise<{ id: string; created: boolean }> {
    const bytes = bytesOf(this.#content);
    const { file, created } = await gridhold.useCases.receiveUpload(this.#token, async () => ({
      bytes: (async function* () {
        yield bytes;
      })(),
      declaredType: null,
      declaredLength: bytes.byteLength,
      filename: null,
      sha256: null,
    }));
    return { id: file.id, created };
  }

  /** What a client does: the same bytes to the same URL, again where it is told that another one is sending. */
  async repeat(gridhold: Gridhold): Promise<{ id: string; created: boolean }> {
    try {
      return await this.send(gridhold);
    } catch (error) {
      if (!(error instanceof GridholdError && error.code === 'UPLOAD_IN_PROGRESS')) throw error;
      this.refused += 1;
      await site.letTimePass(stalledMs);
      return await this.send(gridhold);
    }
  }

  async storedFileId(gridhold: Gridhold): Promise<string | null> {
    const [uploadUrl] = await gridhold.useCases.uploadUrlsByIds([this.#id], app);
    expect(uploadUrl?.status).toBe(uploadUrl?.fileId == null ? 'WAITING' : 'STORED');
    return uploadUrl?.fileId ?? null;
  }

  async expectStored(gridhold: Gridhold, fileId: string): Promise<void> {
    expect(await this.#held()).toEqual([fileId]);
    expect(await gridhold.file(fileId)).toMatchObject({ size: this.#content.size, refCount: 1 });
    const { stream } = await gridhold.open(fileId);
    expect(Buffer.concat(await stream.toArray()).equals(bytesOf(this.#content))).toBe(true);
    if (this.#former) expect(await gridhold.file(this.#former)).toMatchObject({ refCount: 0 });
    await this.#expectNoLeftOvers(this.#former ? 3 : 2);
  }

  async expectNothing(gridhold: Gridhold): Promise<void> {
    expect(await this.#held()).toEqual(this.#former ? [this.#former] : []);
    if (this.#former) expect(await gridhold.file(this.#former)).toMatchObject({ refCount: 1 });
    await this.#expectNoLeftOvers(this.#former ? 2 : 1);
  }

  /** The app lets go of it; a sweep later the store is as it was before. */
  async letGo(gridhold: Gridhold): Promise<void> {
    await gridhold.detachDocument({ document: this.#document });
    await site.settle(gridhold, true);
    await site.expectNothingLeftOver(gridhold);
  }

  async #held(): Promise<string[]> {
    const holds = await site.db.collection('attachments').find(this.#document).toArray();
    return holds.map((hold) => hold['fileId']);
  }

  /** @param files so many are there, with the bystander */
  async #expectNoLeftOvers(files: number): Promise<void> {
    expect(await site.db.collection('files').countDocuments()).toBe(files);
    expect(await site.db.collection('leases').countDocuments({ why: { $ne: 'remembered' } })).toBe(0);
  }
}
