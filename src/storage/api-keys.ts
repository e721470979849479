/** Statements on the API keys. Of a secret only its hash is here. */
import { createHash } from 'node:crypto';
import type { ApiKeyRecord } from './records.ts';
import type { Scope } from './transaction.ts';

export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

export async function insertApiKey(
  scope: Scope,
  key: Pick<ApiKeyRecord, '_id' | 'name' | 'role' | 'secretHash'>,
): Promise<ApiKeyRecord> {
  const { _id, ...fields } = key;
  const record = await scope.in.apiKeys.findOneAndUpdate(
    { _id },
    { $setOnInsert: fields, $currentDate: { createdAt: true } },
    { upsert: true, returnDocument: 'after' },
  );
  if (!record) throw new Error('An upsert gave no document');
  return record;
}

export async function findApiKey(scope: Scope, id: string): Promise<ApiKeyRecord | null> {
  return await scope.in.apiKeys.findOne({ _id: id });
}

/** The newest, the oldest of them first: a key that was just made must not be missing. */
export async function listApiKeys(scope: Scope, limit: number): Promise<ApiKeyRecord[]> {
  const newestFirst = await scope.in.apiKeys.find({}, { sort: { createdAt: -1, _id: -1 }, limit }).toArray();
  return newestFirst.reverse();
}

/** @returns the key as it is now, or null where there is none. Revoked again, it keeps its first time. */
export async function revokeApiKey(scope: Scope, id: string): Promise<ApiKeyRecord | null> {
  await scope.in.apiKeys.updateOne(
    { _id: id, revokedAt: { $exists: false } },
    { $currentDate: { revokedAt: true } },
  );
  return await findApiKey(scope, id);
}
