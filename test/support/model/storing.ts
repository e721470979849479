/** Commands that store: in one step, and through upload URLs, by HTTP, whole or broken off. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { ObjectId } from 'mongodb';
import type { StoreFileInput } from '../../../src/domain/model.ts';
import { incomingOf } from '../use-case-input.ts';
import type { Operation, Outcome } from './operation.ts';
import { callers, holdTime, type Real } from './real.ts';
import {
  addFile,
  type CallerName,
  contents,
  documents,
  fields,
  type Model,
  type ModelUploadUrl,
  type Place,
  pick,
  Refusal,
  reachOf,
} from './state.ts';

export const by = fc.constantFrom<CallerName>('app', 'app', 'ann', 'bob');
/** Of those that ever were: see `pick`. */
export const someone = fc.nat({ max: 999 });
/** Mostly one place, so that commands meet there. */
export const place: fc.Arbitrary<Place> = fc.record({
  document: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.nat({ max: documents.length - 1 })),
  field: fc.oneof({ weight: 2, arbitrary: fc.constant('file') }, fc.constantFrom(...fields)),
});
/** Mostly the same bytes: what is equal is kept once, and may be sent again. */
const content = fc.oneof(fc.constant(1), fc.nat({ max: contents.length - 1 }));
const attachTo = fc.option(fc.tuple(place, fc.boolean()).map(([where, replace]) => ({ ...where, replace })));
const visibility = fc.constantFrom('PUBLIC' as const, 'PRIVATE' as const);

type AttachTo = (Place & { readonly replace: boolean }) | null;

export const documentOf = (document: number): (typeof documents)[number] =>
  documents[document] ?? documents[0];

const inputOf = (where: AttachTo): StoreFileInput['attachTo'] =>
  where && { document: documentOf(where.document), field: where.field, replace: where.replace };

interface StoreInput {
  readonly by: CallerName;
  readonly content: number;
  readonly keep: boolean;
  readonly visibility: 'PUBLIC' | 'PRIVATE';
  readonly filename: string | null;
  readonly attachTo: AttachTo;
  readonly key: string | null;
}

export const store: Operation<StoreInput> = {
  name: 'store',
  input: fc.record({
    by,
    content,
    keep: fc.boolean(),
    visibility,
    filename: fc.constantFrom(null, 'a.txt'),
    attachTo,
    key: fc.constantFrom(null, null, 'k', 'l'),
  }),
  expected(model, { by: caller, key, ...input }) {
    const { content: stored, keep, visibility: seen, filename, attachTo: where } = input;
    const keyName = `${caller} ${key}`;
    const { content: _, ...rest } = input;
    const asked = JSON.stringify(rest);
    const known = key === null ? undefined : model.keys[keyName];
    if (known && model.files[known.file]) {
      if (known.input !== asked || known.content !== stored) throw new Refusal('IDEMPOTENCY_KEY_USED');
      return { file: known.file, created: false };
    }
    const file = { content: stored, owner: reachOf(caller), visibility: seen, keep, filename };
    const made = addFile(model, file, where, caller);
    if (key !== null) model.keys[keyName] = { file: made, content: stored, input: asked };
    return { file: made, created: true };
  },
  async actual(real, { by: caller, key, content: stored, attachTo: where, ...input }) {
    const { file, created } = await real.rules.storeFile(
      incomingOf(contents[stored] ?? Buffer.alloc(0)),
      { ...input, attachTo: inputOf(where), idempotencyKey: key },
      callers[caller],
    );
    return { file: real.numberOf(file.id), created };
  },
};

interface UploadUrlInput {
  readonly by: CallerName;
  readonly hours: number;
  readonly attachTo: AttachTo;
}

export const generateUploadUrl: Operation<UploadUrlInput> = {
  name: 'generateUploadUrl',
  input: fc.record({ by, hours: fc.constantFrom(1, 24), attachTo }),
  expected(model, { by: caller, hours, attachTo: where }) {
    const made = { by: caller, expires: model.hour + hours, attachTo: where };
    model.uploadUrls.push({ ...made, error: null, file: null, content: null, lease: null });
    return {};
  },
  async actual(real, { by: caller, hours, attachTo: where }) {
    const input = { expiresIn: hours * 3_600, attachTo: inputOf(where) };
    real.uploadUrls.push(await real.rules.generateUploadUrl(input, callers[caller]));
    return {};
  },
};

const ways = ['whole', 'broken off', 'short', 'wrong digest'] as const;

interface UploadInput {
  readonly url: number;
  readonly content: number;
  readonly way: (typeof ways)[number];
}

/** To one that was made, where there is one. */
export const upload: Operation<UploadInput> = {
  name: 'upload',
  input: fc.record({ url: someone, content, way: fc.constantFrom('whole' as const, ...ways) }),
  expected(model, { url, content: sent, way }) {
    const number = pick(model.uploadUrls.length, url);
    const uploadUrl = model.uploadUrls[number];
    if (!uploadUrl) throw new Refusal('UPLOAD_URL_NOT_FOUND');
    if (uploadUrl.file !== null) return repeated(model, uploadUrl, sent, way);
    if (uploadUrl.expires <= model.hour) throw new Refusal('UPLOAD_URL_EXPIRED');
    if (uploadUrl.lease?.why === 'writing') {
      if (uploadUrl.lease.since === model.hour) throw new Refusal('UPLOAD_IN_PROGRESS');
      Object.assign(uploadUrl.lease, { why: 'abandoned', since: model.hour, until: model.hour + 1 });
    }
    uploadUrl.lease = null;
    if (way !== 'whole') {
      uploadUrl.error = way === 'wrong digest' ? 'CHECKSUM_MISMATCH' : 'LENGTH_MISMATCH';
      throw new Refusal(uploadUrl.error === 'CHECKSUM_MISMATCH' ? 'CHECKSUM_MISMATCH' : 'LENGTH_MISMATCH');
    }
    const { by: maker, attachTo: where } = uploadUrl;
    const file = { content: sent, owner: reachOf(maker), visibility: 'PUBLIC' as const, keep: false };
    uploadUrl.file = addFile(model, { ...file, filename: null }, where, maker);
    uploadUrl.content = sent;
    return { file: uploadUrl.file, created: true };
  },
  async actual(real, { url, content: sent, way }) {
    const uploadUrl = real.uploadUrls[pick(real.uploadUrls.length, url)];
    const path = uploadUrl?.path ?? '/upload/upload_00000000000000000000000000.nobody.0';
    const response = await real.store.gridhold.fetch(requestOf(`http://127.0.0.1:4000${path}`, sent, way));
    await holdTime(real);
    const answer: { id?: string; code?: string } = JSON.parse(await response.text());
    if (answer.id === undefined) return answer.code ?? `status ${response.status}`;
    return { file: real.numberOf(answer.id), created: response.status === 201 };
  },
};

/** The same bytes again are answered with the same file, for as long as it exists. */
function repeated(model: Model, uploadUrl: ModelUploadUrl, sent: number, way: UploadInput['way']): Outcome {
  const { file, content: stored } = uploadUrl;
  if (file === null || !model.files[file] || way === 'short') throw new Refusal('UPLOAD_URL_USED');
  const isLonger = (contents[sent]?.byteLength ?? 0) > (contents[stored ?? 0]?.byteLength ?? 0);
  if (isLonger) throw new Refusal('UPLOAD_URL_USED');
  if (way === 'broken off') throw new Refusal('LENGTH_MISMATCH');
  if (way === 'wrong digest') throw new Refusal('CHECKSUM_MISMATCH');
  if (stored !== sent) throw new Refusal('UPLOAD_URL_USED');
  return { file, created: false };
}

function requestOf(url: string, sent: number, way: UploadInput['way']): Request {
  const bytes = contents[sent] ?? Buffer.alloc(0);
  const digest = createHash('sha256').update(`other than ${sent}`).digest('base64');
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      if (bytes.byteLength > 0) controller.enqueue(bytes);
    },
    // Not before it is asked for more: an error throws away what is queued.
    pull(controller) {
      if (way === 'broken off') controller.error(new Error('broken off'));
      else controller.close();
    },
  });
  const headers = {
    ...(way === 'short' ? { 'content-length': String(bytes.byteLength + 7) } : {}),
    ...(way === 'wrong digest' ? { 'content-digest': `sha-256=:${digest}:` } : {}),
  };
  const init: RequestInit & { duplex: 'half' } = { method: 'PUT', headers, body, duplex: 'half' };
  return new Request(url, init);
}

/** What a process leaves that is killed while it takes bytes: a lease, chunks, and perhaps a claimed URL. */
export const dieWriting: Operation<{ readonly url: number; readonly chunks: number }> = {
  name: 'dieWriting',
  input: fc.record({ url: someone, chunks: fc.nat({ max: 2 }) }),
  expected(model, { url, chunks }) {
    const lease = { why: 'writing' as const, since: model.hour, until: model.hour + 1, chunks };
    model.leases.push(lease);
    const uploadUrl = model.uploadUrls[pick(model.uploadUrls.length, url)];
    const isOpen = uploadUrl && uploadUrl.file === null && uploadUrl.expires > model.hour;
    if (isOpen && uploadUrl.lease?.why !== 'writing') uploadUrl.lease = lease;
    return {};
  },
  async actual(real, { url, chunks }) {
    await leaveHalfAnUpload(real, real.uploadUrls[pick(real.uploadUrls.length, url)]?.id, chunks);
    return {};
  },
};

async function leaveHalfAnUpload(real: Real, uploadUrlId: string | undefined, chunks: number): Promise<void> {
  const { db } = real.store;
  const blobId = new ObjectId();
  const now = Date.now();
  const soon = new Date(now + 1_800_000);
  await db.collection('leases').insertOne({
    _id: blobId,
    why: 'writing',
    since: new Date(now),
    until: soon,
    receivedBytes: 0,
    progressAt: soon,
  });
  for (let n = 0; n < chunks; n++) {
    await db.collection('blobs.chunks').insertOne({ files_id: blobId, n, data: Buffer.from('half') });
  }
  if (uploadUrlId === undefined) return;
  const uploadUrls = db.collection<{ _id: string; blobId: ObjectId | null }>('uploadUrls');
  const claimable = { _id: uploadUrlId, fileId: null, expiresAt: { $gt: new Date(now) } };
  const before = await uploadUrls.findOne(claimable);
  const isTaken =
    before?.blobId && (await db.collection('leases').findOne({ _id: before.blobId, why: 'writing' }));
  if (!isTaken) await uploadUrls.updateOne(claimable, { $set: { blobId } });
}
