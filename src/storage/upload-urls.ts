/** Statements on `uploadUrls`. Nothing secret is stored here: what makes an address good is its signature. */
import type { ObjectId } from 'mongodb';
import { metadataFromBson, metadataToBson } from './bson.ts';
import type { LeaseRecord, UploadUrlRecord } from './records.ts';
import { inSession, type Scope } from './transaction.ts';

/** An upload URL as of the server's `now`, with the lease of the attempt that claimed it last. */
export interface UploadUrlState {
  readonly record: UploadUrlRecord;
  readonly lease: LeaseRecord | null;
  readonly now: Date;
}

export async function insertUploadUrl(scope: Scope, record: UploadUrlRecord): Promise<void> {
  await scope.in.uploadUrls.insertOne({ ...record, metadata: metadataToBson(record.metadata) });
}

/** In no order, in one command. */
export async function readUploadUrls(scope: Scope, ids: readonly string[]): Promise<UploadUrlState[]> {
  if (ids.length === 0) return [];
  const rows = await scope.in.uploadUrls
    .aggregate<UploadUrlRecord & { lease: LeaseRecord[]; now: Date }>(
      [
        { $match: { _id: { $in: [...ids] } } },
        {
          $lookup: {
            from: scope.in.leases.collectionName,
            localField: 'blobId',
            foreignField: '_id',
            as: 'lease',
          },
        },
        { $set: { now: '$$NOW' } },
      ],
      { batchSize: ids.length + 1 },
    )
    .toArray();
  return rows.map(({ lease, now, ...record }) => ({
    record: fromStored(record),
    lease: lease[0] ?? null,
    now,
  }));
}

export async function findUploadUrl(scope: Scope, id: string): Promise<UploadUrlRecord | null> {
  const record = await scope.in.uploadUrls.findOne({ _id: id }, inSession(scope));
  return record && fromStored(record);
}

/** @returns false where another attempt was first, or it has stored its file */
export async function claimUploadUrl(
  scope: Scope,
  id: string,
  from: ObjectId | null,
  to: ObjectId,
): Promise<boolean> {
  const { matchedCount } = await scope.in.uploadUrls.updateOne(
    { _id: id, blobId: from, fileId: null },
    { $set: { blobId: to } },
  );
  return matchedCount === 1;
}

/** In finalize's transaction, which has read that the claim is still its own. */
export async function markUploadUrlStored(
  scope: Scope,
  id: string,
  stored: { readonly fileId: string; readonly sha256: string; readonly size: number },
): Promise<void> {
  await scope.in.uploadUrls.updateOne({ _id: id }, { $set: { ...stored, error: null } }, inSession(scope));
}

/** Left alone where another attempt has claimed the URL since. */
export async function noteUploadError(
  scope: Scope,
  id: string,
  blobId: ObjectId | null,
  code: string,
): Promise<void> {
  await scope.in.uploadUrls.updateOne({ _id: id, blobId, fileId: null }, { $set: { error: code } });
}

export async function dueUploadUrls(
  scope: Scope,
  expiredBefore: Date,
  limit: number,
): Promise<UploadUrlRecord[]> {
  return await scope.in.uploadUrls
    .find(
      { expiresAt: { $lt: expiredBefore } },
      { sort: { expiresAt: 1, _id: 1 }, limit, batchSize: limit + 1 },
    )
    .toArray();
}

export async function deleteUploadUrl(
  scope: Scope,
  record: UploadUrlRecord,
  expiredBefore: Date,
): Promise<boolean> {
  const { deletedCount } = await scope.in.uploadUrls.deleteOne(
    { _id: record._id, blobId: record.blobId, expiresAt: { $lt: expiredBefore } },
    inSession(scope),
  );
  return deletedCount === 1;
}

function fromStored(record: UploadUrlRecord): UploadUrlRecord {
  return { ...record, metadata: metadataFromBson(record.metadata) };
}
