/** Statements on `attachments`, and on the locks of documents whose holds are set, replaced or let go. */
import { type Document, type Filter, ObjectId, type Sort } from 'mongodb';
import { mostQueryTimeMs, queryTime } from './query-time.ts';
import type { AttachmentRecord } from './records.ts';
import { inSession, type Scope } from './transaction.ts';

/** The unique key of a hold. */
export type AttachmentKey = Pick<AttachmentRecord, 'fileId' | 'collection' | 'documentId' | 'field'>;

export function keyOf({ fileId, collection, documentId, field }: AttachmentKey): AttachmentKey {
  return { fileId, collection, documentId, field };
}

export async function findAttachment(scope: Scope, key: AttachmentKey): Promise<AttachmentRecord | null> {
  return await scope.in.attachments.findOne(keyOf(key), inSession(scope));
}

/** In no order. */
export async function findAttachmentsByKeys(
  scope: Scope,
  keys: readonly AttachmentKey[],
): Promise<AttachmentRecord[]> {
  if (keys.length === 0) return [];
  return await scope.in.attachments.find({ $or: keys.map(keyOf) }, { batchSize: keys.length + 1 }).toArray();
}

export async function findAttachments(
  scope: Scope,
  filter: Filter<AttachmentRecord>,
  options: { limit: number; sort?: Sort },
): Promise<AttachmentRecord[]> {
  return await scope.in.attachments
    .find(filter, { ...inSession(scope), ...options, batchSize: options.limit + 1 })
    .toArray();
}

export async function countAttachments(
  scope: Scope,
  filter: Filter<AttachmentRecord>,
  limit: number,
): Promise<number> {
  return await scope.in.attachments.countDocuments(filter, { ...inSession(scope), limit });
}

/**
 * In a transaction that found none under this key. An upsert, because only an update takes the server's clock; a rival
 * that came in between makes it a write conflict, not a duplicate.
 */
export async function insertAttachment(
  scope: Scope,
  key: AttachmentKey,
  owner: string | null,
): Promise<AttachmentRecord> {
  const record = await scope.in.attachments.findOneAndUpdate(
    keyOf(key),
    { $setOnInsert: { owner: owner ?? '' }, $currentDate: { attachedAt: true } },
    { upsert: true, returnDocument: 'after', ...inSession(scope) },
  );
  if (!record) throw new Error('An upsert gave no document');
  return record;
}

/**
 * In a caller's transaction a hold that is there already must still be written: else a detach and a sweep could commit
 * beside it, and the caller's document would be left without its file.
 */
export async function confirmAttachment(scope: Scope, record: AttachmentRecord): Promise<void> {
  await scope.in.attachments.updateOne({ _id: record._id }, { $inc: { confirmations: 1 } }, inSession(scope));
}

export async function deleteAttachments(scope: Scope, records: readonly AttachmentRecord[]): Promise<void> {
  const size = 1_000;
  for (let start = 0; start < records.length; start += size) {
    const ids = records.slice(start, start + size).map(({ _id }) => _id);
    await scope.in.attachments.deleteMany({ _id: { $in: ids } }, inSession(scope));
  }
}

export async function deleteAttachmentsOfFile(scope: Scope, fileId: string): Promise<void> {
  await scope.in.attachments.deleteMany({ fileId }, inSession(scope));
}

/**
 * Written by whatever changes a field that it sets or replaces, or lets go of a document, so that two of those conflict.
 * Users, who only touch holds on their own files, are in the way of nobody but themselves.
 */
export async function lockDocument(
  scope: Scope,
  { collection, documentId }: Pick<AttachmentKey, 'collection' | 'documentId'>,
  onlyOwner: string | null,
): Promise<void> {
  await scope.in.documentLocks.updateOne(
    { _id: { collection, documentId, ...(onlyOwner === null ? {} : { owner: onlyOwner }) } },
    { $inc: { writes: 1 }, $currentDate: { touchedAt: true } },
    { upsert: true, ...inSession(scope) },
  );
}

/**
 * A condition that holds on files of others than this owner do not meet, by index. Those that do not say whose their
 * file is meet it too (`null` finds what is absent).
 */
export function perhapsOnFilesOf(owner: string | null): Filter<AttachmentRecord> {
  return owner === null ? {} : { owner: { $in: [owner, null] } };
}

/** Stages that leave only holds on files of one owner; none where anybody's count. The name stands in a `$match`, as a literal. */
function onFilesOf(scope: Scope, owner: string | null): Document[] {
  if (owner === null) return [];
  return [
    {
      $lookup: {
        from: scope.in.files.collectionName,
        localField: 'fileId',
        foreignField: '_id',
        pipeline: [{ $match: { owner: { $eq: owner } } }, { $project: { _id: 1 } }],
        as: 'own',
      },
    },
    { $match: { own: { $ne: [] } } },
    { $unset: 'own' },
  ];
}

/**
 * The first `limit` attachments of each holder, in one command: a union of bounded index scans, each stopping at its
 * limit however many a holder has. Clients' values stand in `$match` only, as literals.
 */
export async function firstAttachmentsOfEach(
  scope: Scope,
  holders: readonly Filter<AttachmentRecord>[],
  sort: Record<string, 1 | -1>,
  limit: number,
  onlyOwner: string | null,
): Promise<AttachmentRecord[][]> {
  const results: AttachmentRecord[][] = holders.map(() => []);
  const [first, ...others] = holders;
  if (!first) return results;
  const branch = (filter: Filter<AttachmentRecord>, index: number): Document[] => [
    { $match: { $and: [filter, perhapsOnFilesOf(onlyOwner)] } },
    { $sort: sort },
    ...onFilesOf(scope, onlyOwner),
    { $limit: limit },
    { $set: { holder: { $literal: index } } },
  ];
  const pipeline = [
    ...branch(first, 0),
    ...others.map((filter, index) => ({
      $unionWith: { coll: scope.in.attachments.collectionName, pipeline: branch(filter, index + 1) },
    })),
  ];
  const rows = scope.in.attachments.aggregate<AttachmentRecord & { holder: number }>(pipeline, {
    batchSize: holders.length * limit + 1,
    maxTimeMS: mostQueryTimeMs,
  });
  for await (const { holder, ...record } of rows) results[holder]?.push(record);
  return results;
}

/** How many each holder has, in one command. */
export async function countAttachmentsOfEach(
  scope: Scope,
  holders: readonly Filter<AttachmentRecord>[],
  onlyOwner: string | null,
): Promise<number[]> {
  const counts = holders.map(() => 0);
  const [first, ...others] = holders;
  if (!first) return counts;
  const branch = (filter: Filter<AttachmentRecord>, index: number): Document[] => [
    { $match: { $and: [filter, perhapsOnFilesOf(onlyOwner)] } },
    ...onFilesOf(scope, onlyOwner),
    { $count: 'count' },
    { $set: { holder: { $literal: index } } },
  ];
  const pipeline = [
    ...branch(first, 0),
    ...others.map((filter, index) => ({
      $unionWith: { coll: scope.in.attachments.collectionName, pipeline: branch(filter, index + 1) },
    })),
  ];
  const rows = scope.in.attachments.aggregate<{ holder: number; count: number }>(pipeline, {
    batchSize: holders.length + 1,
    maxTimeMS: mostQueryTimeMs,
  });
  for await (const { holder, count } of rows) counts[holder] = count;
  return counts;
}

/**
 * Distinct documents of a collection in the order of their IDs, strictly between two. Reads by index; a document with
 * many attachments is sought past, so that each command yields at least one more.
 */
export async function documentIdsFrom(
  scope: Scope,
  collection: string,
  page: {
    readonly after: string | null;
    readonly before: string | null;
    readonly isBackward: boolean;
    readonly limit: number;
    readonly onlyOwner: string | null;
  },
): Promise<string[]> {
  const found: string[] = [];
  let { after, before } = page;
  const time = queryTime();
  while (found.length < page.limit) {
    const bounds = { ...(after === null ? {} : { $gt: after }), ...(before === null ? {} : { $lt: before }) };
    const batch = page.limit * 2;
    const rows = await scope.in.attachments
      .aggregate<Pick<AttachmentRecord, 'documentId'>>(
        [
          {
            $match: {
              collection,
              ...perhapsOnFilesOf(page.onlyOwner),
              ...(Object.keys(bounds).length > 0 ? { documentId: bounds } : {}),
            },
          },
          { $sort: { documentId: page.isBackward ? -1 : 1 } },
          ...onFilesOf(scope, page.onlyOwner),
          { $limit: batch },
          { $project: { _id: 0, documentId: 1 } },
        ],
        {
          hint: {
            ...(page.onlyOwner === null ? {} : { owner: 1 as const }),
            collection: 1,
            documentId: 1,
            attachedAt: 1,
            _id: 1,
          },
          batchSize: batch + 1,
          ...time(),
        },
      )
      .toArray();
    for (const { documentId } of rows) if (found.at(-1) !== documentId) found.push(documentId);
    const last = rows.at(-1);
    if (!last || rows.length < batch) break;
    if (page.isBackward) before = last.documentId;
    else after = last.documentId;
  }
  return found.slice(0, page.limit);
}

export async function countDistinctDocuments(
  scope: Scope,
  collection: string,
  onlyOwner: string | null,
): Promise<number> {
  const [row] = await scope.in.attachments
    .aggregate<{ count: number }>(
      [
        { $match: { collection, ...perhapsOnFilesOf(onlyOwner) } },
        ...onFilesOf(scope, onlyOwner),
        { $group: { _id: '$documentId' } },
        { $count: 'count' },
      ],
      { maxTimeMS: mostQueryTimeMs },
    )
    .toArray();
  return row?.count ?? 0;
}

/** The key of a page as MongoDB has it. */
export function attachmentPageKey(attachedAtMs: number, id: string): [Date, ObjectId] {
  return [new Date(attachedAtMs), new ObjectId(id)];
}

/** Whether anybody attaches here: an attachment, or the lock of a document that was set or let go within a day. */
export async function hasSeenAttachment(scope: Scope): Promise<boolean> {
  if (await scope.in.attachments.findOne({}, { projection: { _id: 1 } })) return true;
  return (await scope.in.documentLocks.findOne({}, { projection: { _id: 1 } })) !== null;
}
