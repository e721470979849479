/** Requests that may be repeated under a key: how a repeat is recognised, and which file the first one made. */
import { createHash } from 'node:crypto';
import { findCommittedFile } from '../storage/files.ts';
import { findIdempotencyKey } from '../storage/idempotency-keys.ts';
import type { FileRecord } from '../storage/records.ts';
import { checkAttachTo, checkIdempotencyKey, checkSha256 } from './check-input.ts';
import type { DomainContext } from './context.ts';
import type { Caller, StoreFileInput } from './model.ts';
import { keyUsed } from './upload-refusals.ts';

export interface IdempotentRequest {
  readonly id: { readonly caller: string; readonly key: string };
  /** SHA-256 over the input: the same key with another input is another request. */
  readonly inputHash: string;
}

/**
 * The input as it was given: what the settings make of it may differ from instance to instance.
 * @param source the URL that the bytes are fetched from: another one is another request
 */
export function idempotentRequest(
  input: StoreFileInput,
  caller: Caller,
  source: URL | null = null,
): IdempotentRequest | null {
  const key = checkIdempotencyKey(input.idempotencyKey);
  if (key === null) return null;
  const { filename, contentTypes, maxSize, sha256, visibility, metadata, keep, owner, attachTo } = input;
  const given = [
    filename ?? null,
    contentTypes ?? [],
    maxSize ?? null,
    checkSha256(sha256),
    visibility ?? null,
    inOneOrder(metadata ?? {}),
    keep ?? false,
    owner ?? null,
    attachTo ? checkAttachTo(attachTo) : null,
    ...(source ? [source.href] : []),
  ];
  const inputHash = createHash('sha256').update(JSON.stringify(given)).digest('hex');
  return { id: { caller: caller.id, key }, inputHash };
}

/** Keys of a JSON object have no order (RFC 8259, section 4): a repeat may give them in another. */
function inOneOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOneOrder);
  if (typeof value !== 'object' || value === null) return value;
  const sorted = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(sorted.map(([key, item]) => [key, inOneOrder(item)]));
}

/**
 * The file that the key has made, whatever its bytes were. Null: the key is new, or counts as new because its file is
 * gone. @throws IDEMPOTENCY_KEY_USED where it was given with other input
 */
export async function fileMadeBy(
  context: DomainContext,
  { id, inputHash }: IdempotentRequest,
): Promise<FileRecord | null> {
  const known = await findIdempotencyKey(context.store, id);
  const record = known && (await findCommittedFile(context.store, known.fileId));
  if (!known || !record) return null;
  if (known.inputHash !== inputHash) throw keyUsed();
  return record;
}
