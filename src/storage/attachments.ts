/**
 * Statements on `attachments`, and on the locks of documents whose holds are set, replaced or let go. Pages, counts and
 * lists of documents are attachment-lists.ts's.
 */
import { type Filter, ObjectId, type Sort } from 'mongodb';
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

/** The key of a page as MongoDB has it. */
export function attachmentPageKey(attachedAtMs: number, id: string): [Date, ObjectId] {
  return [new Date(attachedAtMs), new ObjectId(id)];
}

/** Whether anybody attaches here: an attachment, or the lock of a document that was set or let go within a day. */
export async function hasSeenAttachment(scope: Scope): Promise<boolean> {
  if (await scope.in.attachments.findOne({}, { projection: { _id: 1 } })) return true;
  return (await scope.in.documentLocks.findOne({}, { projection: { _id: 1 } })) !== null;
}
