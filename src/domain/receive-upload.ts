/**
 * Takes the bytes for an upload URL. Order of writes: lease → claim of the URL → chunks → finalize. Dies after the
 * lease: a sweep removes it; after the claim: a newcomer takes the URL over once nothing has moved for 10 s; later:
 * the same, and a sweep removes the chunks; after finalize: the file is there, and a repeat of the request finds it.
 */
import { GridholdError } from '../errors/gridhold-error.ts';
import { type BlobWriter, openBlobWriter } from '../storage/blob-writer.ts';
import { findCommittedFile } from '../storage/files.ts';
import { abandonedMs, stepLease } from '../storage/leases.ts';
import type { UploadUrlRecord } from '../storage/records.ts';
import {
  claimUploadUrl,
  noteUploadError,
  readUploadUrls,
  type UploadUrlState,
} from '../storage/upload-urls.ts';
import { checkFilename } from './check-input.ts';
import type { DomainContext } from './context.ts';
import type { FileDescription } from './file-description.ts';
import { uploadInProgress, uploadUrlUsed } from './finalize.ts';
import type { JsonObject, UploadUrl } from './model.ts';
import { checkHash, checkSize, hashBytes } from './receive-bytes.ts';
import { Stage } from './stage-file.ts';
import { toStoredFile } from './to-model.ts';
import { toUploadUrl } from './upload-url-view.ts';
import type { IncomingBytes, StoreResult } from './use-cases.ts';

/** An attempt that made no progress for so long loses to a newcomer. */
const stalledForMs = 10_000;

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
  const incoming = await open();
  const description = describeUpload(record);
  const fallbackFilename = await notingRefusal(context, record, record.blobId, () => {
    if (incoming.declaredLength !== null) checkSize(incoming.declaredLength, description.maxSize);
    checkHash(incoming.sha256, [description.sha256]);
    return checkFilename(incoming.filename);
  });
  await takeOver(context, state);
  const writer = await openBlobWriter(context.store, {
    leaseTtlMs: context.settings.uploadLeaseTtlMs,
    budget: context.budget,
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
      const finalized = await stage.finalize({
        description,
        fallbackFilename,
        uploadUrlId: record._id,
        idempotent: null,
      });
      return { file: await toStoredFile(context, finalized.record), created: finalized.created };
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
    const code = error instanceof GridholdError ? error.code : 'INTERNAL_SERVER_ERROR';
    await noteUploadError(context.store, _id, claimedBy, code).catch(() => undefined);
    throw error;
  }
}

export async function uploadUrlByToken(context: DomainContext, token: string): Promise<UploadUrl> {
  return toUploadUrl(context, await stateByToken(context, token));
}

async function stateByToken(context: DomainContext, token: string): Promise<UploadUrlState> {
  const id = await context.keys.verify('upload', token);
  const [state] = id ? await readUploadUrls(context.store, [id]) : [];
  if (!state) throw new GridholdError('UPLOAD_URL_NOT_FOUND', 'There is no such upload URL');
  return state;
}

/** Another attempt's lease is taken only where it stands still; the write that takes it is the fence. */
async function takeOver(context: DomainContext, { lease }: UploadUrlState): Promise<void> {
  if (lease?.why !== 'writing') return;
  const taken = await stepLease(
    context.store,
    lease._id,
    'writing',
    { why: 'abandoned', afterMs: abandonedMs },
    { stalledForMs },
  );
  if (!taken) throw uploadInProgress();
}

async function claim(
  context: DomainContext,
  { record }: UploadUrlState,
  writer: BlobWriter,
): Promise<boolean> {
  try {
    const isClaimed = await claimUploadUrl(context.store, record._id, record.blobId, writer.blobId);
    if (!isClaimed) await writer.discard();
    return isClaimed;
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

/** The same bytes again are answered with the same file, for as long as it exists. */
async function repeatUpload(
  context: DomainContext,
  { fileId, sha256, size }: UploadUrlRecord,
  incoming: IncomingBytes,
): Promise<StoreResult> {
  const record = fileId === null ? null : await findCommittedFile(context.store, fileId);
  if (!record || sha256 === null || size === null) throw uploadUrlUsed();
  const isSame = incoming.sha256 === sha256 || (await hashBytes(incoming, size)) === sha256;
  if (!isSame) throw uploadUrlUsed();
  return { file: await toStoredFile(context, record), created: false };
}

function describeUpload(record: UploadUrlRecord): FileDescription {
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
    },
    maxSize: record.maxSize,
    contentTypes: record.contentTypes,
    sha256: record.expectedSha256,
  };
}
