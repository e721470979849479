/**
 * Statements on `files`. The count and `unreferencedSince` move together, in expressions that take no client's value
 * (`[{$set: {filename: '$owner'}}]` would store another field).
 */
import type { Filter } from 'mongodb';
import { metadataFromBson, metadataToBson } from './bson.ts';
import { mostQueryTimeMs } from './query-time.ts';
import type { FileRecord } from './records.ts';
import { inSession, type Scope } from './transaction.ts';

export type NewFile = Omit<FileRecord, 'uploadedAt' | 'unreferencedSince' | 'urlEpoch'>;

function fromStored(record: FileRecord): FileRecord {
  return { ...record, metadata: metadataFromBson(record.metadata) };
}

/** An upsert and not an insert, because only an update can take the server's clock. */
export async function insertFile(scope: Scope, file: NewFile): Promise<FileRecord> {
  const { _id, ...fields } = file;
  const isUnreferenced = file.refCount === 0 && !file.keep;
  const record = await scope.in.files.findOneAndUpdate(
    { _id },
    {
      $setOnInsert: { ...fields, metadata: metadataToBson(file.metadata) },
      $currentDate: { uploadedAt: true, ...(isUnreferenced ? { unreferencedSince: true } : {}) },
    },
    { upsert: true, returnDocument: 'after', ...inSession(scope) },
  );
  if (!record) throw new Error('An upsert gave no document');
  return fromStored(record);
}

export async function findFile(scope: Scope, id: string): Promise<FileRecord | null> {
  const record = await scope.in.files.findOne({ _id: id }, inSession(scope));
  return record && fromStored(record);
}

/** In no order. */
export async function findFiles(scope: Scope, ids: readonly string[]): Promise<FileRecord[]> {
  if (ids.length === 0) return [];
  const records = await scope.in.files
    .find({ _id: { $in: [...ids] } }, { ...inSession(scope), batchSize: ids.length + 1 })
    .toArray();
  return records.map(fromStored);
}

export async function pageOfFiles(
  scope: Scope,
  filter: Filter<FileRecord>,
  sort: Readonly<Record<string, 1 | -1>>,
  limit: number,
): Promise<FileRecord[]> {
  const records = await scope.in.files
    .find(filter, { sort: { ...sort }, limit, batchSize: limit + 1, maxTimeMS: mostQueryTimeMs })
    .toArray();
  return records.map(fromStored);
}

export async function countFiles(scope: Scope, filter: Filter<FileRecord>): Promise<number> {
  return await scope.in.files.countDocuments(filter, { maxTimeMS: mostQueryTimeMs });
}

/** Holds added: the write that makes an attach conflict with a sweep of the same file. */
export async function countUpFiles(scope: Scope, fileIds: readonly string[]): Promise<void> {
  for (const ids of batchesOf(fileIds)) {
    await scope.in.files.updateMany(
      { _id: { $in: ids } },
      { $inc: { refCount: 1 }, $unset: { unreferencedSince: 1 } },
      inSession(scope),
    );
  }
}

/** `holds` taken off each of the files. */
export async function countDownFiles(scope: Scope, fileIds: readonly string[], holds = 1): Promise<void> {
  for (const ids of batchesOf(fileIds)) {
    await scope.in.files.updateMany(
      { _id: { $in: ids } },
      [
        { $set: { refCount: { $subtract: ['$refCount', holds] } } },
        {
          $set: {
            unreferencedSince: {
              $cond: [{ $and: [{ $lte: ['$refCount', 0] }, { $not: ['$keep'] }] }, '$$NOW', '$$REMOVE'],
            },
          },
        },
      ],
      inSession(scope),
    );
  }
}

export interface FileChanges {
  readonly filename?: string | null;
  readonly visibility?: 'PUBLIC' | 'PRIVATE';
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly keep?: boolean;
}

/** In a transaction that has read the record: `before` decides what becomes of unreferencedSince. */
export async function changeFile(scope: Scope, before: FileRecord, changes: FileChanges): Promise<void> {
  const { metadata, ...others } = changes;
  const keep = changes.keep ?? before.keep;
  const wasUnreferenced = before.refCount === 0 && !before.keep;
  const isUnreferenced = before.refCount === 0 && !keep;
  await scope.in.files.updateOne(
    { _id: before._id },
    {
      $set: { ...others, ...(metadata ? { metadata: metadataToBson(metadata) } : {}) },
      ...(isUnreferenced && !wasUnreferenced ? { $currentDate: { unreferencedSince: true as const } } : {}),
      ...(!isUnreferenced ? { $unset: { unreferencedSince: 1 as const } } : {}),
    },
    inSession(scope),
  );
}

/** What was signed for the earlier epochs is no longer valid. */
export async function countUpUrlEpoch(scope: Scope, id: string): Promise<FileRecord | null> {
  const record = await scope.in.files.findOneAndUpdate(
    { _id: id },
    { $inc: { urlEpoch: 1 } },
    { returnDocument: 'after', ...inSession(scope) },
  );
  return record && fromStored(record);
}

export async function deleteFileRecord(scope: Scope, id: string): Promise<void> {
  await scope.in.files.deleteOne({ _id: id }, inSession(scope));
}

/** What a writer that lost its answer asks: is it there, for good? */
export async function findCommittedFile(scope: Scope, id: string): Promise<FileRecord | null> {
  const record = await scope.in.files.findOne({ _id: id }, { readConcern: { level: 'majority' } });
  return record && fromStored(record);
}

/** Due by index, on a literal time, oldest first; strictly after a record, so that what is in the way is passed over. */
export async function dueFiles(
  scope: Scope,
  unreferencedBefore: Date,
  after: Pick<FileRecord, '_id' | 'unreferencedSince'> | null,
  limit: number,
): Promise<FileRecord[]> {
  const since = after?.unreferencedSince;
  const beyond = {
    $or: [
      { unreferencedSince: { ...(since ? { $gt: since } : {}), $lt: unreferencedBefore } },
      ...(since && after ? [{ unreferencedSince: since, _id: { $gt: after._id } }] : []),
    ],
  };
  return await scope.in.files
    .find(beyond, { sort: { unreferencedSince: 1, _id: 1 }, limit, batchSize: limit + 1 })
    .toArray();
}

/** The whole condition of a file that may be collected. */
function isDue(id: string, unreferencedBefore: Date): Filter<FileRecord> {
  return { _id: id, refCount: 0, keep: false, unreferencedSince: { $lt: unreferencedBefore } };
}

export async function findDueFile(
  scope: Scope,
  id: string,
  unreferencedBefore: Date,
  maxTimeMS: number,
): Promise<FileRecord | null> {
  return await scope.in.files.findOne(isDue(id, unreferencedBefore), { ...inSession(scope), maxTimeMS });
}

/** The whole condition once more, in the sweep's transaction. */
export async function takeDueFile(
  scope: Scope,
  id: string,
  unreferencedBefore: Date,
  maxTimeMS: number,
): Promise<FileRecord | null> {
  return await scope.in.files.findOneAndDelete(isDue(id, unreferencedBefore), {
    ...inSession(scope),
    maxTimeMS,
  });
}

function batchesOf(ids: readonly string[]): string[][] {
  const size = 1_000;
  const batches: string[][] = [];
  for (let start = 0; start < ids.length; start += size) batches.push(ids.slice(start, start + size));
  return batches;
}
