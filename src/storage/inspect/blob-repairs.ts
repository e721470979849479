/** What verify writes about blobs. Each in a transaction that has read everything that it rests on. */
import { Long } from 'mongodb';
import { chunkBytes } from '../blobs.ts';
import type { BlobRecord, FileRecord, LeaseRecord } from '../records.ts';
import { inSession, type Scope } from '../transaction.ts';
import { byId, type RecordKey } from './record-keys.ts';

/** Off the index by which equal uploads find it: the next one becomes live beside it. */
export async function takeOffIndex(scope: Scope, key: RecordKey): Promise<boolean> {
  const { matchedCount } = await scope.in.blobs.updateOne(
    {
      ...byId<BlobRecord>(key),
      'metadata.sha256': { $type: 'string' },
      // Not a list of documents, into which nothing can be set.
      $expr: { $eq: [{ $type: '$metadata' }, 'object'] },
    },
    { $set: { 'metadata.sha256': null } },
    inSession(scope),
  );
  return matchedCount === 1;
}

export async function writeFileCountOfBlob(scope: Scope, key: RecordKey, fileCount: number): Promise<void> {
  await scope.in.blobs.updateOne(
    byId<BlobRecord>(key),
    { $set: { 'metadata.fileCount': fileCount } },
    inSession(scope),
  );
}

/** A negative number takes off. */
export async function addToFileCount(scope: Scope, key: RecordKey, files: number): Promise<boolean> {
  const { matchedCount } = await scope.in.blobs.updateOne(
    byId<BlobRecord>(key),
    { $inc: { 'metadata.fileCount': files } },
    inSession(scope),
  );
  return matchedCount === 1;
}

export async function removeBlobRecord(scope: Scope, key: RecordKey): Promise<void> {
  await scope.in.blobs.deleteOne(byId<BlobRecord>(key), inSession(scope));
}

/** Makes the record anew, as GridFS has it. The length is a Long: other drivers do arithmetic on it. */
export async function rebuildBlobRecord(
  scope: Scope,
  key: RecordKey,
  blob: {
    readonly length: number;
    readonly sha256: string;
    readonly fileCount: number;
    readonly isOnIndex: boolean;
  },
): Promise<void> {
  const { length, sha256, fileCount, isOnIndex } = blob;
  await scope.in.blobs.updateOne(
    byId<BlobRecord>(key),
    {
      $setOnInsert: {
        length: Long.fromNumber(length),
        chunkSize: chunkBytes,
        filename: sha256,
        metadata: { sha256: isOnIndex ? sha256 : null, fileCount },
      },
      $currentDate: { uploadDate: true },
    },
    { upsert: true, ...inSession(scope) },
  );
}

/** Some files on a blob, of these bytes and no others. @returns how many were moved */
export async function moveFiles(
  scope: Scope,
  from: RecordKey,
  to: RecordKey,
  bytes: { readonly sha256: string; readonly size: number },
  limit: number,
): Promise<number> {
  const on = { blobId: from.value as FileRecord['blobId'], sha256: bytes.sha256, size: bytes.size };
  const found = await scope.in.files
    .find(on, {
      projection: { _id: 1 },
      limit,
      batchSize: limit + 1,
      ...inSession(scope),
    })
    .toArray();
  if (found.length === 0) return 0;
  const { matchedCount } = await scope.in.files.updateMany(
    { _id: { $in: found.map(({ _id }) => _id) } },
    { $set: { blobId: to.value as FileRecord['blobId'] } },
    inSession(scope),
  );
  return matchedCount;
}

/** Whatever state it is in. */
export async function removeLease(scope: Scope, key: RecordKey): Promise<void> {
  await scope.in.leases.deleteOne(byId<LeaseRecord>(key), inSession(scope));
}
