/**
 * Makes written bytes a file: one transaction that ends the lease, makes the blob live or counts up the one that has
 * these bytes already, and inserts the file with all that depends on it. Dies before the commit: the lease stands, and
 * a sweep removes the chunks; after it: the file is there, and a duplicate's chunks have a lease that is due.
 *
 * A sweep or a newcomer that takes the lease writes it, and so does this: they can't both win. Everything that may
 * refuse is read before the first write.
 */
import { GridholdError } from '../errors/gridhold-error.ts';
import {
  type Blob,
  countUpBlob,
  findBlobBySha256,
  insertBlob,
  isIntact,
  markDamaged,
} from '../storage/blobs.ts';
import { findCommittedFile, findFile, insertFile } from '../storage/files.ts';
import { findIdempotencyKey, writeIdempotencyKey } from '../storage/idempotency-keys.ts';
import { deleteLease, findWritingLease, stepLease } from '../storage/leases.ts';
import type { AttachmentRecord, FileRecord } from '../storage/records.ts';
import { OutcomeUnknownError, type Scope, transact } from '../storage/transaction.ts';
import { findUploadUrl, markUploadUrlStored } from '../storage/upload-urls.ts';
import type { DomainContext } from './context.ts';
import { checkRoomInField, holdsOfField, writeFieldChange } from './field-change.ts';
import type { FileDescription } from './file-description.ts';
import type { IdempotentRequest } from './idempotent-request.ts';
import { newFileId } from './ids.ts';
import type { AttachTo } from './model.ts';
import type { ReceivedBytes } from './receive-bytes.ts';
import { keyUsed, uploadInProgress, uploadUrlUsed } from './upload-refusals.ts';

export interface Finalization {
  /** The attempt's blob. */
  readonly blobId: FileRecord['blobId'];
  /** False where an earlier finalize of the same bytes has ended the lease: then only an equal blob can serve. */
  readonly hasLease: boolean;
  readonly received: ReceivedBytes;
  readonly description: FileDescription;
  /** Counts where the description gives no name. */
  readonly fallbackFilename: string | null;
  readonly uploadUrlId: string | null;
  readonly idempotent: IdempotentRequest | null;
}

export interface Finalized {
  readonly record: FileRecord;
  /** False where a rival or an earlier request had made it: then our lease still stands. */
  readonly created: boolean;
}

/** Nothing may be cleaned up after this: the file may exist. */
export class FinalizeUnknownError extends GridholdError {
  constructor(cause: unknown) {
    super(
      'STORAGE_UNAVAILABLE',
      'Storage broke off while it made the file; send it again',
      { retryAfter: 1 },
      { cause },
    );
  }
}

class LeaseGoneError extends Error {
  override readonly name = 'LeaseGoneError';
}

const mostAttempts = 3;

export async function finalize(context: DomainContext, input: Finalization): Promise<Finalized> {
  // Before the transaction: MongoDB may run its callback several times.
  const fileId = newFileId();
  for (let attempt = 1; ; attempt++) {
    try {
      return await transact(context.store, (scope) => finalizeIn(context, scope, fileId, input));
    } catch (error) {
      if (!(error instanceof LeaseGoneError || error instanceof OutcomeUnknownError)) throw error;
      const record = await findCommittedFile(context.store, fileId).catch(() => null);
      if (record) return { record, created: true };
      const lease = await findWritingLease(context.store, input.blobId).catch(() => null);
      if (!lease || attempt === mostAttempts) throw new FinalizeUnknownError(error);
    }
  }
}

async function finalizeIn(
  context: DomainContext,
  scope: Scope,
  fileId: string,
  input: Finalization,
): Promise<Finalized> {
  const { blobId, received, description } = input;
  if (input.hasLease && !(await findWritingLease(scope, blobId)))
    throw new LeaseGoneError('The lease was taken');
  const before = (await storedByKey(scope, input)) ?? (await storedByUploadUrl(scope, input));
  if (before) return { record: before, created: false };
  const equal = await findBlobBySha256(scope, received.sha256);
  const isUsable = equal !== null && equal.length === received.size && (await isIntact(scope, equal));
  if (!isUsable && !input.hasLease) {
    throw new GridholdError('STORAGE_UNAVAILABLE', 'The bytes were deleted meanwhile; send them again', {
      retryAfter: 1,
    });
  }
  const { attachTo } = description;
  const others = attachTo?.replace
    ? await holdsOfField(scope, attachTo.document, attachTo.field, attachTo.onlyOwner)
    : [];
  if (attachTo && !attachTo.replace) {
    await checkRoomInField(scope, attachTo.document, attachTo.field, attachTo.onlyOwner);
  }

  // From here on only MongoDB may fail it.
  const liveBlobId = isUsable ? await joinBlob(scope, equal, input) : await makeBlobLive(scope, equal, input);
  const record = await insertFile(scope, {
    _id: fileId,
    blobId: liveBlobId,
    filename: description.filename ?? input.fallbackFilename,
    contentType: received.contentType,
    size: received.size,
    sha256: received.sha256,
    owner: description.owner,
    visibility: description.visibility,
    metadata: description.metadata,
    keep: description.keep,
    refCount: 0,
  });
  if (input.uploadUrlId) {
    await markUploadUrlStored(scope, input.uploadUrlId, {
      fileId,
      sha256: received.sha256,
      size: received.size,
    });
  }
  if (input.idempotent) {
    const { id, inputHash } = input.idempotent;
    await writeIdempotencyKey(scope, id, { fileId, inputHash, sha256: received.sha256 });
  }
  if (!attachTo) return { record, created: true };
  return { record: await attachNewFile(context, scope, record, attachTo, others), created: true };
}

async function attachNewFile(
  context: DomainContext,
  scope: Scope,
  record: FileRecord,
  attachTo: AttachTo,
  others: readonly AttachmentRecord[],
): Promise<FileRecord> {
  await writeFieldChange(context, scope, {
    document: attachTo.document,
    field: attachTo.field,
    add: [{ fileId: record._id, owner: record.owner }],
    stay: [],
    remove: others,
    setsField: attachTo.replace,
    onlyOwner: attachTo.onlyOwner,
  });
  return (await findFile(scope, record._id)) ?? record;
}

/** The chunks of this attempt are not needed: their lease is due at once. */
async function joinBlob(scope: Scope, equal: Blob, input: Finalization): Promise<FileRecord['blobId']> {
  await countUpBlob(scope, equal._id);
  if (input.hasLease) await stepLease(scope, input.blobId, 'writing', { why: 'deleted', afterMs: 0 });
  return equal._id;
}

/** @param damaged a blob of the same SHA-256 that has not the length or the chunks that it should: off the index with it */
async function makeBlobLive(
  scope: Scope,
  damaged: Blob | null,
  input: Finalization,
): Promise<FileRecord['blobId']> {
  if (damaged) await markDamaged(scope, damaged._id);
  await insertBlob(scope, input.blobId, input.received.size, input.received.sha256);
  await deleteLease(scope, input.blobId, 'writing');
  return input.blobId;
}

/** A key whose file is gone counts as new. */
async function storedByKey(scope: Scope, input: Finalization): Promise<FileRecord | null> {
  if (!input.idempotent) return null;
  const known = await findIdempotencyKey(scope, input.idempotent.id);
  const record = known && (await findFile(scope, known.fileId));
  if (!known || !record) return null;
  if (known.inputHash !== input.idempotent.inputHash || known.sha256 !== input.received.sha256)
    throw keyUsed();
  return record;
}

async function storedByUploadUrl(scope: Scope, input: Finalization): Promise<FileRecord | null> {
  if (!input.uploadUrlId) return null;
  const uploadUrl = await findUploadUrl(scope, input.uploadUrlId);
  if (!uploadUrl) throw new GridholdError('UPLOAD_URL_NOT_FOUND', 'There is no such upload URL any more');
  if (uploadUrl.fileId !== null) {
    const record =
      uploadUrl.sha256 === input.received.sha256 ? await findFile(scope, uploadUrl.fileId) : null;
    if (!record) throw uploadUrlUsed();
    return record;
  }
  if (!uploadUrl.blobId?.equals(input.blobId)) throw uploadInProgress();
  return null;
}
