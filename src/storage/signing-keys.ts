/** The key ring that is kept in the database where the settings name none. All instances share it. */
import { randomBytes } from 'node:crypto';
import type { Scope } from './transaction.ts';

export interface SigningKey {
  readonly id: string;
  readonly secret: string;
}

/** The first key has a fixed ID, so that instances that start together agree on one: insert or read. */
const firstKeyId = 'k1';

/** Newest first. */
export async function readSigningKeys(scope: Scope): Promise<SigningKey[]> {
  const records = await scope.in.signingKeys
    .find({}, { sort: { createdAt: -1, _id: -1 }, limit: 100 })
    .toArray();
  return records.map(({ _id, secret }) => ({ id: _id, secret }));
}

export async function ensureSigningKeys(scope: Scope): Promise<SigningKey[]> {
  const existing = await readSigningKeys(scope);
  if (existing.length > 0) return existing;
  await scope.in.signingKeys
    .updateOne(
      { _id: firstKeyId },
      { $setOnInsert: { secret: randomBytes(32).toString('base64url') }, $currentDate: { createdAt: true } },
      { upsert: true },
    )
    .catch((error: unknown) => {
      // Another instance's insert came in between the upsert's look and its own.
      if (!(error instanceof Error && 'code' in error && error.code === 11_000)) throw error;
    });
  return await readSigningKeys(scope);
}
