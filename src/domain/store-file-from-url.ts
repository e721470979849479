/**
 * Stores what a third party has at a URL: its bytes pass through into a stage as those of a client would. Which
 * addresses may be reached is outbound's. Dies on the way: as any upload that broke off.
 */
import { findCommittedFile } from '../storage/files.ts';
import { findIdempotencyKey } from '../storage/idempotency-keys.ts';
import { askThirdParty } from './ask-third-party.ts';
import type { DomainContext } from './context.ts';
import { describeFile, type IdempotentRequest, idempotentRequest } from './file-description.ts';
import type { Caller, StoreFileInput } from './model.ts';
import { storeDescribed } from './store-file.ts';
import { toStoredFile } from './to-model.ts';
import { keyUsed } from './upload-refusals.ts';
import type { StoreResult } from './use-cases.ts';

export async function storeFileFromUrl(
  context: DomainContext,
  url: URL,
  input: StoreFileInput,
  caller: Caller,
  signal: AbortSignal = new AbortController().signal,
): Promise<StoreResult> {
  // Refused before anybody is asked.
  const description = describeFile(input, caller, context.settings);
  const idempotent = idempotentRequest(input, caller, url);
  const repeated = idempotent && (await repeatedFetch(context, idempotent));
  if (repeated) return repeated;
  return await askThirdParty(context, { event: 'fetch', url, caller }, () =>
    context.outbound.fetchFile(
      url,
      signal,
      (fetched) =>
        storeDescribed(
          context,
          {
            bytes: fetched.bytes,
            declaredType: fetched.contentType,
            declaredLength: fetched.length,
            filename: fetched.filename,
            sha256: null,
          },
          { description, fallbackFilename: fetched.filename, idempotent },
        ),
      caller.id,
    ),
  );
}

/** The same URL may have other bytes by now: the key stands for those that it has stored. Null where it counts as new. */
async function repeatedFetch(
  context: DomainContext,
  idempotent: IdempotentRequest,
): Promise<StoreResult | null> {
  const known = await findIdempotencyKey(context.store, idempotent.id);
  const record = known && (await findCommittedFile(context.store, known.fileId));
  if (!known || !record) return null;
  if (known.inputHash !== idempotent.inputHash) throw keyUsed();
  return { file: toStoredFile(context, record, await context.collecting.read()), created: false };
}
