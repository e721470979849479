/** What verify reads and mends of files and attachments: counts, and holds on files that are not there. */
import type { Document } from 'mongodb';
import type { AttachmentRecord, FileRecord } from '../records.ts';
import { inSession, type Scope } from '../transaction.ts';
import {
  countOf,
  findBetween,
  highest,
  type KeyRange,
  type KeyRun,
  lowest,
  type Rows,
  recordsIn,
  runsIn,
} from './key-ranges.ts';
import { asSent, byId, type RecordKey, recordKey, wholeNumber } from './record-keys.ts';

/** The part of a file's record that its attachments decide, with what somebody may have written there. */
export interface FileState {
  readonly key: RecordKey;
  /** Null: it is no whole number. */
  readonly refCount: number | null;
  /** Null: it is neither true nor false. */
  readonly keep: boolean | null;
  readonly unreferencedSince: 'absent' | 'date' | 'malformed';
  /** As they stand there. */
  readonly raw: { readonly refCount: unknown; readonly keep: unknown; readonly unreferencedSince: unknown };
}

const stateFields = { refCount: 1, keep: 1, unreferencedSince: 1 };
const holdsIndex = ['fileId', 'collection', 'documentId', 'field'];

function toFileState(record: Document): FileState {
  const { refCount, keep, unreferencedSince } = record;
  return {
    key: recordKey(record['_id']),
    refCount: wholeNumber(refCount),
    keep: typeof keep === 'boolean' ? keep : null,
    unreferencedSince:
      unreferencedSince === undefined ? 'absent' : unreferencedSince instanceof Date ? 'date' : 'malformed',
    raw: { refCount, keep, unreferencedSince },
  };
}

export async function fileStatesIn(scope: Scope, range: KeyRange, limit: number): Promise<Rows<FileState>> {
  const { rows, next } = await recordsIn(scope, scope.in.files, range, { limit, projection: stateFields });
  return { rows: rows.map(toFileState), next };
}

/** How many attachments name each file. */
export async function holdRunsIn(scope: Scope, range: KeyRange, limit: number): Promise<Rows<KeyRun>> {
  return await runsIn(scope, scope.in.attachments, holdsIndex, range, limit);
}

export async function readFileState(scope: Scope, key: RecordKey): Promise<FileState | null> {
  const record = await scope.in.files.findOne<Document>(byId<FileRecord>(key), {
    projection: stateFields,
    promoteLongs: false,
    ...inSession(scope),
  });
  return record && toFileState(record);
}

export async function countHolds(scope: Scope, key: RecordKey): Promise<number> {
  return await countOf(scope, scope.in.attachments, holdsIndex, key);
}

/** In a transaction that has counted. What changes is written for real, so that attach, detach and sweep conflict. */
export async function writeFileCount(
  scope: Scope,
  key: RecordKey,
  refCount: number,
  unreferencedSince: 'now' | 'unset' | 'as it is',
): Promise<void> {
  await scope.in.files.updateOne(
    byId<FileRecord>(key),
    {
      $set: { refCount },
      ...(unreferencedSince === 'now' ? { $currentDate: { unreferencedSince: true as const } } : {}),
      ...(unreferencedSince === 'unset' ? { $unset: { unreferencedSince: 1 as const } } : {}),
    },
    inSession(scope),
  );
}

/** An attachment as somebody wrote it: MongoDB's validator may have been passed by. */
export interface Hold {
  readonly key: RecordKey;
  readonly fileKey: RecordKey;
  readonly collection: unknown;
  readonly documentId: unknown;
  readonly field: unknown;
}

function toHold(record: Document): Hold {
  const { collection, documentId, field } = record;
  return {
    key: recordKey(record['_id']),
    fileKey: recordKey(record['fileId']),
    collection,
    documentId,
    field,
  };
}

export interface HoldPage {
  readonly holds: readonly Hold[];
  /** The index entry that the next page begins with. */
  readonly next: readonly unknown[] | null;
}

/** The attachments that name one file, in bounded pages. */
export async function holdsOn(
  scope: Scope,
  fileKey: RecordKey,
  from: readonly unknown[] | null,
  limit: number,
): Promise<HoldPage> {
  // A list has an index entry for each of its items, and none of its own.
  if (Array.isArray(fileKey.value)) {
    const found = await scope.in.attachments.find<Document>({ fileId: { $eq: fileKey.value } } as Document, {
      limit,
    });
    return { holds: (await found.toArray()).map(toHold), next: null };
  }
  const bounds = { min: from ?? [fileKey.value, lowest], max: [fileKey.value, highest, highest] };
  const projection = { fileId: 1, collection: 1, documentId: 1, field: 1, attachedAt: 1 };
  const rows = await findBetween(scope, scope.in.attachments, ['fileId', 'attachedAt', '_id'], bounds, {
    limit: limit + 1,
    projection,
  }).toArray();
  const beyond = rows.length > limit ? rows.pop() : undefined;
  return {
    holds: rows.map(toHold),
    next: beyond ? [beyond['fileId'], beyond['attachedAt'], beyond['_id']].map(asSent) : null,
  };
}

export async function readHold(scope: Scope, key: RecordKey): Promise<Hold | null> {
  const record = await scope.in.attachments.findOne<Document>(byId<AttachmentRecord>(key), {
    promoteLongs: false,
    ...inSession(scope),
  });
  return record && toHold(record);
}

export async function removeHold(scope: Scope, key: RecordKey): Promise<void> {
  await scope.in.attachments.deleteOne(byId<AttachmentRecord>(key), inSession(scope));
}
