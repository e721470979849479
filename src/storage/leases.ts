/**
 * Leases: the records that say a blob's chunks may exist but are not live. `writing` → `abandoned` (taken by a sweep
 * or a newcomer) → `remembered` (chunks removed; looked at once more after a day) → gone; `deleted`: chunks at
 * `until`, then gone. A blobId is fresh for each attempt and never returns to `writing`, so `{_id, why}` is the whole
 * fence: chunks may be deleted only after one acknowledged write has changed the lease from `writing`.
 */
import type { Document, ObjectId } from 'mongodb';
import type { LeaseRecord, LeaseState } from './records.ts';
import { inSession, type Scope } from './transaction.ts';

/** Chunks that a stopped writer may still have on the wire arrive within this; then they are removed. */
export const abandonedMs = 60_000;
/** A writer that slept for longer than this could leave chunks that nothing knows of. */
export const rememberedMs = 24 * 3_600_000;

const fromNow = (milliseconds: number): Document => ({ $add: ['$$NOW', milliseconds] });

export async function openLease(scope: Scope, blobId: ObjectId, ttlMs: number): Promise<void> {
  await scope.in.leases.updateOne(
    { _id: blobId },
    [
      {
        $set: {
          why: 'writing',
          since: '$$NOW',
          until: fromNow(ttlMs),
          receivedBytes: 0,
          progressAt: '$$NOW',
        },
      },
    ],
    { upsert: true },
  );
}

/** @returns false where the lease is no longer the writer's */
export async function renewLease(
  scope: Scope,
  blobId: ObjectId,
  ttlMs: number,
  receivedBytes: number,
): Promise<boolean> {
  const { matchedCount } = await scope.in.leases.updateOne({ _id: blobId, why: 'writing' }, [
    { $set: { until: fromNow(ttlMs), progressAt: '$$NOW', receivedBytes: { $literal: receivedBytes } } },
  ]);
  return matchedCount === 1;
}

export async function findWritingLease(scope: Scope, blobId: ObjectId): Promise<LeaseRecord | null> {
  return await scope.in.leases.findOne({ _id: blobId, why: 'writing' }, inSession(scope));
}

/**
 * One step of a lease, under everything that must still hold.
 * @returns false where it does not hold any more
 */
export async function stepLease(
  scope: Scope,
  blobId: ObjectId,
  from: LeaseState,
  to: { readonly why: LeaseState; readonly afterMs: number },
  options: { readonly untilBefore?: Date; readonly stalledForMs?: number; readonly maxTimeMS?: number } = {},
): Promise<boolean> {
  const { matchedCount } = await scope.in.leases.updateOne(
    {
      _id: blobId,
      why: from,
      ...(options.untilBefore ? { until: { $lt: options.untilBefore } } : {}),
      ...(options.stalledForMs === undefined
        ? {}
        : { $expr: { $lte: ['$progressAt', fromNow(-options.stalledForMs)] } }),
    },
    [{ $set: { why: to.why, since: '$$NOW', until: fromNow(to.afterMs) } }],
    { ...inSession(scope), ...(options.maxTimeMS ? { maxTimeMS: options.maxTimeMS } : {}) },
  );
  return matchedCount === 1;
}

/** For a blob that has just ended: its chunks go after the delay. */
export async function leaseDeletedBlob(scope: Scope, blobId: ObjectId, delayMs: number): Promise<void> {
  await scope.in.leases.updateOne(
    { _id: blobId },
    [
      {
        $set: {
          why: 'deleted',
          since: '$$NOW',
          until: fromNow(delayMs),
          receivedBytes: { $literal: 0 },
          progressAt: '$$NOW',
        },
      },
    ],
    { upsert: true, ...inSession(scope) },
  );
}

export async function deleteLease(scope: Scope, blobId: ObjectId, why: LeaseState): Promise<boolean> {
  const { deletedCount } = await scope.in.leases.deleteOne({ _id: blobId, why }, inSession(scope));
  return deletedCount === 1;
}

/** Due by index, on a literal time. `deletedSince` takes `deleted` leases by their age instead of their `until`. */
export async function dueLeases(
  scope: Scope,
  why: LeaseState,
  now: Date,
  options: { readonly limit: number; readonly deletedSince?: Date },
): Promise<LeaseRecord[]> {
  const due =
    why === 'deleted' && options.deletedSince
      ? { $or: [{ until: { $lt: now } }, { since: { $lt: options.deletedSince } }] }
      : { until: { $lt: now } };
  return await scope.in.leases
    .find({ why, ...due }, { limit: options.limit, batchSize: options.limit + 1 })
    .toArray();
}

/**
 * Removes a blob's chunks in bounded commands. Only for a blob whose lease is not `writing`, and that is not live.
 * @param signal stops between two commands: the lease goes last, so it can be repeated
 */
export async function removeChunks(scope: Scope, blobId: ObjectId, signal?: AbortSignal): Promise<void> {
  const perCommand = 400;
  // Bounded: each round removes what it found, and nobody adds to a blob whose lease has left `writing`.
  for (;;) {
    signal?.throwIfAborted();
    const found = await scope.in.chunks
      .find(
        { files_id: blobId },
        { projection: { n: 1, _id: 0 }, sort: { n: 1 }, limit: perCommand, batchSize: perCommand + 1 },
      )
      .toArray();
    const last = found.at(-1);
    if (!last) return;
    await scope.in.chunks.deleteMany({ files_id: blobId, n: { $lte: last.n } });
  }
}

/** The end of a blob whose time is over: chunks, then the lease. @returns false where another has ended it */
export async function endLease(
  scope: Scope,
  blobId: ObjectId,
  why: 'deleted' | 'remembered',
  signal?: AbortSignal,
): Promise<boolean> {
  await removeChunks(scope, blobId, signal);
  return await deleteLease(scope, blobId, why);
}
