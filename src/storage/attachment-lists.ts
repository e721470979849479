/**
 * Reads of many attachments at once: pages and counts for each of several holders, and the documents of a collection.
 * Clients' values stand in `$match` only, as literals.
 */
import type { Document, Filter } from 'mongodb';
import { perhapsOnFilesOf } from './attachments.ts';
import { mostQueryTimeMs, queryTime } from './query-time.ts';
import type { AttachmentRecord } from './records.ts';
import type { Scope } from './transaction.ts';

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
