/** The keys of apps and admins: made, listed and revoked by whoever can run the command, told apart from tokens by their form. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { badInput } from '../errors/gridhold-error.ts';
import { findApiKey, hashSecret, insertApiKey, listApiKeys, revokeApiKey } from '../storage/api-keys.ts';
import type { ApiKeyRecord } from '../storage/records.ts';
import type { Store } from '../storage/store.ts';
import { keyCaller } from './callers.ts';
import { checkKeyName } from './check-input.ts';
import type { ApiKey, Caller } from './model.ts';

/** Its prefix is for people, and for programs that look for leaked secrets. */
const keyPattern = /^gridhold_(key[0-9a-f]{16})_([\w-]{43})$/;
const keyPrefix = 'gridhold_';
const mostKeys = 1_000;

export const looksLikeKey = (credentials: string): boolean => credentials.startsWith(keyPrefix);

/** @returns the key with its secret, which is shown once and kept nowhere. @throws BAD_USER_INPUT */
export async function createApiKey(
  store: Store,
  input: { readonly name: string; readonly role: string },
): Promise<ApiKey & { readonly secret: string }> {
  const { role } = input;
  if (role !== 'app' && role !== 'admin') throw badInput('role: must be app or admin');
  const name = checkKeyName(input.name);
  const secret = randomBytes(32).toString('base64url');
  const id = `key${randomBytes(8).toString('hex')}`;
  const record = await insertApiKey(store, { _id: id, name, role, secretHash: hashSecret(secret) });
  return { ...toApiKey(record), secret: `${keyPrefix}${id}_${secret}` };
}

/** The newest 1,000, oldest first. */
export async function apiKeys(store: Store): Promise<ApiKey[]> {
  return (await listApiKeys(store, mostKeys)).map(toApiKey);
}

/**
 * From the next request on it is no longer valid. Null where there is no such key.
 * @param named its ID, or the whole key: in a leak that may be all there is
 */
export async function revokeKey(store: Store, named: string): Promise<ApiKey | null> {
  const [, id = named] = keyPattern.exec(named) ?? [];
  const record = await revokeApiKey(store, id);
  return record && toApiKey(record);
}

/** Read for every request, so that a revoked key is refused at once, by every instance. */
export async function callerByKey(store: Store, credentials: string): Promise<Caller | null> {
  const [, id, secret] = keyPattern.exec(credentials) ?? [];
  if (id === undefined || secret === undefined) return null;
  const record = await findApiKey(store, id);
  if (!record || record.revokedAt) return null;
  const isRight = timingSafeEqual(Buffer.from(hashSecret(secret)), Buffer.from(record.secretHash));
  return isRight ? keyCaller({ id, role: record.role }) : null;
}

function toApiKey({ _id, name, role, createdAt, revokedAt }: ApiKeyRecord): ApiKey {
  return { id: _id, name, role, createdAt, revokedAt: revokedAt ?? null };
}
