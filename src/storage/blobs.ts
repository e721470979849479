/** Statements on live blobs: GridFS's `files` collection. Equal content is kept once, and counted. */
import { Long, ObjectId } from 'mongodb';
import { isBson } from './driver-kinds.ts';
import type { BlobRecord } from './records.ts';
import { inSession, type Scope } from './transaction.ts';

/** GridFS's default (GridFS specification, 255 KiB): what every driver reads best. */
export const chunkBytes = 261_120;

export interface Blob {
  readonly _id: ObjectId;
  /** Bytes. */
  readonly length: number;
  readonly chunkSize: number;
}

export function chunkCountOf(length: number, chunkSize: number = chunkBytes): number {
  return Math.ceil(length / chunkSize);
}

function toBlob(record: BlobRecord): Blob {
  const { length: given } = record;
  // What somebody else has put there is no length, and equals none.
  const length = typeof given === 'number' ? given : isBson(given, 'Long') ? given.toNumber() : Number.NaN;
  return { _id: record._id, length, chunkSize: record.chunkSize };
}

export async function findBlob(scope: Scope, blobId: ObjectId): Promise<Blob | null> {
  const record = await scope.in.blobs.findOne({ _id: blobId }, inSession(scope));
  return record && toBlob(record);
}

/** `$type` lets the planner use the partial index: equality alone does not imply its filter. */
export async function findBlobBySha256(scope: Scope, sha256: string): Promise<Blob | null> {
  const record = await scope.in.blobs.findOne(
    { 'metadata.sha256': { $eq: sha256, $type: 'string' } },
    inSession(scope),
  );
  return record && toBlob(record);
}

/** As many chunks as it should have: what an equal upload may rely on. */
export async function isIntact(scope: Scope, blob: Blob): Promise<boolean> {
  const chunks = await scope.in.chunks.countDocuments({ files_id: blob._id }, inSession(scope));
  return chunks === chunkCountOf(blob.length, blob.chunkSize);
}

/** In a transaction that found none of this SHA-256. The length is a Long: other drivers do arithmetic on it. */
export async function insertBlob(
  scope: Scope,
  blobId: ObjectId,
  length: number,
  sha256: string,
): Promise<void> {
  await scope.in.blobs.updateOne(
    { _id: blobId },
    {
      $setOnInsert: {
        length: Long.fromNumber(length),
        chunkSize: chunkBytes,
        filename: sha256,
        metadata: { sha256, fileCount: 1 },
      },
      $currentDate: { uploadDate: true },
    },
    { upsert: true, ...inSession(scope) },
  );
}

/** In the transaction that found it: a blob that goes meanwhile makes the two conflict. */
export async function countUpBlob(scope: Scope, blobId: ObjectId): Promise<void> {
  await scope.in.blobs.updateOne({ _id: blobId }, { $inc: { 'metadata.fileCount': 1 } }, inSession(scope));
}

/** @returns how many files are left on it; null where there is no such blob */
export async function countDownBlob(scope: Scope, blobId: ObjectId): Promise<number | null> {
  const record = await scope.in.blobs.findOneAndUpdate(
    { _id: blobId },
    { $inc: { 'metadata.fileCount': -1 } },
    { returnDocument: 'after', ...inSession(scope) },
  );
  return record ? record.metadata.fileCount : null;
}

export async function deleteBlobRecord(scope: Scope, blobId: ObjectId): Promise<void> {
  await scope.in.blobs.deleteOne({ _id: blobId }, inSession(scope));
}

/** Off the index by which equal uploads find it: the next one becomes live beside it. */
export async function markDamaged(scope: Scope, blobId: ObjectId): Promise<void> {
  await scope.in.blobs.updateOne({ _id: blobId }, { $set: { 'metadata.sha256': null } }, inSession(scope));
}

export function blobIdFrom(hex: string): ObjectId {
  return new ObjectId(hex);
}
