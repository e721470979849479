/**
 * Takes the bytes for an upload URL. Order of writes: lease → claim of the URL → chunks → finalize. Dies after the
 * lease: a sweep removes it; after the claim: a newcomer takes the URL over once nothing has moved for 10 s; later:
 * the same, and a sweep removes the chunks; after finalize: the file is there, and a repeat of the request finds it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { GridholdError } from '../errors/gridhold-error.ts';
import { type BlobWriter, openBlobWriter } from '../storage/blob-writer.ts';
import { findCommittedFile, findFile } from '../storage/files.ts';
import { abandonedMs, stepLease } from '../storage/leases.ts';
import type { FileRecord, UploadUrlRecord } from '../storage/records.ts';
import { translateError } from '../storage/translate-error.ts';
import {
  claimUploadUrl,
  noteUploadError,
  readUploadUrls,
  type UploadUrlState,
} from '../storage/upload-urls.ts';
import { checkFilename } from './check-input.ts';
import { narrowContentTypes } from './content-type.ts';
import type { DomainContext, DomainSettings } from './context.ts';
import type { FileDescription } from './file-description.ts';
import type { IncomingBytes, StoreResult } from './incoming-bytes.ts';
import type { JsonObject, UploadUrl } from './model.ts';
import { checkHash, checkSize, hashBytes } from './receive-bytes.ts';
import { Stage } from './stage-file.ts';
import { stepTimeoutMs } from './sweep-bounds.ts';
import { toStoredFile } from './to-model.ts';
import { uploadInProgress, uploadUrlUsed } from './upload-refusals.ts';
import { verifyUploadToken } from './upload-token.ts';
import { toUploadUrl } from './upload-url-view.ts';

/** An attempt that made no progress for so long loses to a newcomer. */
const stalledForMs = 10_000;
const longestCommitMs = 2_000;
const commitLookMs = 20;

export async function receiveUpload(
  context: DomainContext,
  token: string,
  open: () => Promise<IncomingBytes>,
): Promise<StoreResult> {
  const state = await stateByToken(context, token);
  const { record } = state;
  if (record.fileId !== null) return await repeatUpload(context, record, await open());
  if (record.expiresAt <= state.now)
    throw new GridholdError('UPLOAD_URL_EXPIRED', 'The upload URL has expired');
  const incoming = await notingRefusal(context, record, record.blobId, open);
  const description = describeUpload(record, context.settings);
  const fallbackFilename = await notingRefusal(context, record, record.blobId, async () => {
    if (incoming.declaredLength !== null) checkSize(incoming.declaredLength, description.maxSize);
    checkHash(incoming.sha256, [description.sha256]);
    const filename = checkFilename(incoming.filename);
    await context.space.check(incoming.declaredLength ?? 0);
    return filename;
  });
  await takeOver(context, state);
  const writer = await openBlobWriter(context.store, {
    leaseTtlMs: context.settings.uploadLeaseTtlMs,
    budget: context.writeBudget,
  });
  if (!(await claim(context, state, writer))) {
    // Somebody else was first: still sending, or done by now.
    const [now] = await readUploadUrls(context.store, [record._id]);
    if (now?.record.fileId) return await repeatUpload(context, now.record, incoming);
    throw uploadInProgress();
  }
  const stage = new Stage(context, incoming, description, writer);
  try {
    return await notingRefusal(context, record, writer.blobId, async () => {
      await stage.received();
      // Before the write: once the file is made, nothing may fail.
      const collectingSince = await context.collecting.read();
      const finalized = await stage.finalize({
        description,
        fallbackFilename,
        uploadUrlId: record._id,
        idempotent: null,
      });
      return { file: toStoredFile(context, finalized.record, collectingSince), created: finalized.created };
    });
  } finally {
    await stage.discard();
  }
}

/** The URL's maker reads why an attempt failed, also one that was refused before its body. */
async function notingRefusal<Result>(
  context: DomainContext,
  { _id }: UploadUrlRecord,
  claimedBy: UploadUrlRecord['blobId'],
  attempt: () => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await attempt();
  } catch (error) {
    const named = translateError(error);
    const code = named instanceof GridholdError ? named.code : 'INTERNAL_SERVER_ERROR';
    await noteUploadError(context.store, _id, claimedBy, code).catch(() => undefined);
    throw error;
  }
}

export async function uploadUrlByToken(context: DomainContext, token: string): Promise<UploadUrl> {
  return toUploadUrl(context, await stateByToken(context, token));
}

async function stateByToken(context: DomainContext, token: string): Promise<UploadUrlState> {
  const id = await verifyUploadToken(context.signing, token);
  const [state] = id ? await readUploadUrls(context.store, [id]) : [];
  if (!state) throw new GridholdError('UPLOAD_URL_NOT_FOUND', 'There is no such upload URL');
  return state;
}

/**
 * Another attempt's lease is taken only where it stands still; the write that takes it is the fence. A process that died
 * in its finalize leaves a transaction that holds the lease until MongoDB ends it after a minute: who comes meanwhile is
 * told to come again, instead of waiting for it.
 */
async function takeOver(context: DomainContext, { lease }: UploadUrlState): Promise<void> {
  if (lease?.why !== 'writing') return;
  try {
    const taken = await stepLease(
      context.store,
      lease._id,
      'writing',
      { why: 'abandoned', afterMs: abandonedMs },
      { stalledForMs, maxTimeMS: stepTimeoutMs },
    );
    if (!taken) throw uploadInProgress();
  } catch (error) {
    const failure = translateError(error);
    throw failure instanceof GridholdError && failure.code === 'QUERY_TIMEOUT' ? uploadInProgress() : error;
  }
}

async function claim(
  context: DomainContext,
  { record }: UploadUrlState,
  writer: BlobWriter,
): Promise<boolean> {
  try {
    const isClaimed = await claimUploadUrl(context.store, record._id, record.blobId, writer.blobId);
    if (!isClaimed) await writer.discard(false);
    return isClaimed;
  } catch (error) {
    await writer.discard(false);
    throw error;
  }
}

/** The same bytes again are answered with the same file, for as long as it exists. */
async function repeatUpload(
  context: DomainContext,
  { fileId, sha256, size }: UploadUrlRecord,
  incoming: IncomingBytes,
): Promise<StoreResult> {
  const record = fileId === null ? null : await committedFile(context, fileId);
  if (!record || sha256 === null || size === null) throw uploadUrlUsed();
  const isSame = incoming.sha256 === sha256 || (await hashBytes(incoming, size)) === sha256;
  if (!isSame) throw uploadUrlUsed();
  return { file: toStoredFile(context, record, await context.collecting.read()), created: false };
}

/** The URL may say that it is stored a moment before the file's commit has come to a majority. Null where it is gone. */
async function committedFile({ store }: DomainContext, id: string): Promise<FileRecord | null> {
  const deadline = performance.now() + longestCommitMs;
  for (;;) {
    const record = await findCommittedFile(store, id);
    if (record || !(await findFile(store, id))) return record;
    if (performance.now() >= deadline) throw uploadInProgress();
    await delay(commitLookMs);
  }
}

/** As it was made, under the settings as they are now. */
function describeUpload(record: UploadUrlRecord, settings: DomainSettings): FileDescription {
  const { attachTo } = record;
  return {
    filename: record.filename,
    visibility: record.visibility,
    // It was checked to be JSON when the URL was made.
    metadata: record.metadata as JsonObject,
    keep: record.keep,
    owner: record.owner,
    attachTo: attachTo && {
      document: { collection: attachTo.collection, documentId: attachTo.documentId },
      field: attachTo.field,
      replace: attachTo.replace,
      onlyOwner: attachTo.onlyOwner ?? null,
    },
    maxSize: Math.min(record.maxSize, settings.maxUploadBytes),
    contentTypes: contentTypesNow(record, settings),
    sha256: record.expectedSha256,
  };
}

/** Settings that were narrowed since, to types that the URL was not made for, leave none. */
function contentTypesNow(record: UploadUrlRecord, settings: DomainSettings): readonly string[] {
  try {
    return narrowContentTypes(settings.contentTypes, record.contentTypes);
  } catch (error) {
    if (!(error instanceof GridholdError)) throw error;
    throw new GridholdError(
      'CONTENT_TYPE_NOT_ALLOWED',
      'None of the types of this upload URL is allowed any more',
      {
        declared: null,
        detected: null,
        allowed: settings.contentTypes,
      },
    );
  }
}
