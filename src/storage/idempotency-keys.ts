/** Statements on `idempotencyKeys`: which file a caller's key has made. A TTL index forgets them after a day. */
import type { IdempotencyKeyRecord } from './records.ts';
import { inSession, type Scope } from './transaction.ts';

export type IdempotencyKey = IdempotencyKeyRecord['_id'];

/** The fields in one order: as an `_id`, `{a, b}` is not `{b, a}`. */
function idOf({ caller, key }: IdempotencyKey): IdempotencyKey {
  return { caller, key };
}

export async function findIdempotencyKey(
  scope: Scope,
  id: IdempotencyKey,
): Promise<IdempotencyKeyRecord | null> {
  return await scope.in.idempotencyKeys.findOne({ _id: idOf(id) }, inSession(scope));
}

/** In a transaction that has read that there is none, or one whose file is gone. */
export async function writeIdempotencyKey(
  scope: Scope,
  id: IdempotencyKey,
  made: Pick<IdempotencyKeyRecord, 'fileId' | 'inputHash' | 'sha256'>,
): Promise<void> {
  await scope.in.idempotencyKeys.updateOne(
    { _id: idOf(id) },
    { $set: made, $currentDate: { createdAt: true } },
    { upsert: true, ...inSession(scope) },
  );
}
