/** What verify reads of live blobs, of the files on them and of leases, whatever somebody may have written there. */
import type { Document } from 'mongodb';
import { chunkBytes } from '../blobs.ts';
import type { BlobRecord, FileRecord, LeaseRecord, LeaseState } from '../records.ts';
import { inSession, type Scope } from '../transaction.ts';
import { countOf, type KeyRange, type KeyRun, type Rows, recordsIn, runsIn } from './key-ranges.ts';
import { byId, objectIdOf, type RecordKey, recordKey, showValue, wholeNumber } from './record-keys.ts';

export interface BlobState {
  readonly key: RecordKey;
  /** Bytes; 0 where the record is malformed. */
  readonly length: number;
  /** What is wrong with the record itself; null: nothing, and its chunks can be looked at. */
  readonly malformed: string | null;
  /** By which equal uploads find it; null: it is off the index. */
  readonly indexedSha256: string | null;
  /** What its bytes should hash to; null: nothing says so. */
  readonly sha256: string | null;
  /** Null: it is no whole number. */
  readonly fileCount: number | null;
  readonly rawFileCount: unknown;
  /** Whether a count can be written there. */
  readonly takesCount: boolean;
}

const blobFields = {
  length: 1,
  chunkSize: 1,
  filename: 1,
  'metadata.sha256': 1,
  'metadata.fileCount': 1,
  metadataType: { $type: '$metadata' },
};
const filesIndex = ['blobId'];
const sha256Pattern = /^[0-9a-f]{64}$/;

function toBlobState(record: Document): BlobState {
  const metadata: Document = isDocument(record['metadata']) ? record['metadata'] : {};
  const { sha256, fileCount } = metadata;
  const key = recordKey(record['_id']);
  const length = wholeNumber(record['length']);
  const known = [sha256, record['filename']].find(isSha256) ?? null;
  return {
    key,
    length: length ?? 0,
    malformed: whatIsMalformed(record, key, known),
    indexedSha256: typeof sha256 === 'string' ? sha256 : null,
    sha256: known,
    fileCount: wholeNumber(fileCount),
    rawFileCount: fileCount,
    takesCount: hasPlace(record),
  };
}

function whatIsMalformed(record: Document, key: RecordKey, sha256: string | null): string | null {
  const { length, chunkSize } = record;
  if (!objectIdOf(key)) return 'the record has an _id that is no ObjectId';
  const bytes = wholeNumber(length);
  if (bytes === null || bytes < 0) return `the record's length is no number of bytes: ${showValue(length)}`;
  if (wholeNumber(chunkSize) !== chunkBytes)
    return `the record's chunkSize is not ${chunkBytes}: ${showValue(chunkSize)}`;
  if (!hasPlace(record)) return "the record's metadata are no document";
  return sha256 === null ? 'the record names no SHA-256' : null;
}

const hasPlace = (record: Document): boolean => ['object', 'missing'].includes(record['metadataType']);
const isSha256 = (value: unknown): value is string => typeof value === 'string' && sha256Pattern.test(value);

function isDocument(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export async function blobStatesIn(scope: Scope, range: KeyRange, limit: number): Promise<Rows<BlobState>> {
  const { rows, next } = await recordsIn(scope, scope.in.blobs, range, { limit, projection: blobFields });
  return { rows: rows.map(toBlobState), next };
}

export async function readBlobState(scope: Scope, key: RecordKey): Promise<BlobState | null> {
  const record = await scope.in.blobs.findOne<Document>(byId<BlobRecord>(key), {
    projection: blobFields,
    promoteLongs: false,
    ...inSession(scope),
  });
  return record && toBlobState(record);
}

/** The live blob that equal uploads would join. */
export async function readBlobStateBySha256(scope: Scope, sha256: string): Promise<BlobState | null> {
  const record = await scope.in.blobs.findOne<Document>(
    { 'metadata.sha256': { $eq: sha256, $type: 'string' } },
    { projection: blobFields, promoteLongs: false, ...inSession(scope) },
  );
  return record && toBlobState(record);
}

/** How many files name each blob. */
export async function fileRunsIn(scope: Scope, range: KeyRange, limit: number): Promise<Rows<KeyRun>> {
  return await runsIn(scope, scope.in.files, filesIndex, range, limit);
}

export async function countFilesOn(scope: Scope, key: RecordKey): Promise<number> {
  return await countOf(scope, scope.in.files, filesIndex, key);
}

export async function hasFilesOn(scope: Scope, key: RecordKey): Promise<boolean> {
  const on = { blobId: { $eq: key.value as FileRecord['blobId'] } };
  return (await scope.in.files.findOne(on, { projection: { _id: 1 }, ...inSession(scope) })) !== null;
}

/**
 * Whether a file names its blob by something that is no ObjectId, such as the hexadecimal digits of an import without
 * types: whose it is can't be said. By the two ends of the index, where other types lie.
 */
export async function hasFileOfUnknownBlob(scope: Scope): Promise<boolean> {
  for (const direction of [1, -1] as const) {
    const options = { projection: { blobId: 1 }, sort: { blobId: direction }, ...inSession(scope) };
    const file = await scope.in.files.findOne<Document>({}, options);
    if (file && !objectIdOf(recordKey(file['blobId']))) return true;
  }
  return false;
}

/** Some of the files on a blob, in no order. */
export async function someFilesOn(scope: Scope, key: RecordKey, limit: number): Promise<unknown[]> {
  const on = { blobId: { $eq: key.value as FileRecord['blobId'] } };
  const options = { projection: { _id: 1 }, limit, batchSize: limit + 1, ...inSession(scope) };
  const files = await scope.in.files.find(on, options).toArray();
  return files.map(({ _id }) => _id);
}

/** What one of the files on a blob says of its bytes, and whether another says something else. */
export async function bytesByFilesOn(
  scope: Scope,
  key: RecordKey,
): Promise<{ readonly sha256: string; readonly size: number; readonly agree: boolean } | null> {
  const on = { blobId: { $eq: key.value as FileRecord['blobId'] } };
  const options = { projection: { sha256: 1, size: 1 }, ...inSession(scope) };
  const file = await scope.in.files.findOne(on, options);
  const size = wholeNumber(file?.size);
  if (!file || size === null || !isSha256(file.sha256)) return null;
  const { sha256 } = file;
  const other = await scope.in.files.findOne(
    { ...on, $or: [{ sha256: { $ne: sha256 } }, { size: { $ne: size } }] },
    options,
  );
  return { sha256, size, agree: other === null };
}

export interface LeaseHeld {
  readonly key: RecordKey;
  readonly why: LeaseState;
}

export async function leasesIn(scope: Scope, range: KeyRange, limit: number): Promise<Rows<LeaseHeld>> {
  const { rows, next } = await recordsIn(scope, scope.in.leases, range, { limit, projection: { why: 1 } });
  return { rows: rows.map((row) => ({ key: recordKey(row['_id']), why: row['why'] })), next };
}

export async function readLease(scope: Scope, key: RecordKey): Promise<LeaseHeld | null> {
  const record = await scope.in.leases.findOne(byId<LeaseRecord>(key), {
    projection: { why: 1 },
    ...inSession(scope),
  });
  return record && { key, why: record.why };
}
