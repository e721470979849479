/**
 * Stores what a third party has at a URL: its bytes pass through into a stage as those of a client would. Which
 * addresses may be reached is outbound's. Dies on the way: as any upload that broke off.
 */
import { askThirdParty } from './ask-third-party.ts';
import type { DomainContext } from './context.ts';
import { describeFile } from './file-description.ts';
import { fileMadeBy, idempotentRequest } from './idempotent-request.ts';
import type { StoreResult } from './incoming-bytes.ts';
import type { Caller, StoreFileInput } from './model.ts';
import { storeDescribed } from './store-file.ts';
import { toStoredFile } from './to-model.ts';

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
  // The same URL may have other bytes by now: the key stands for those that it has stored.
  const made = idempotent && (await fileMadeBy(context, idempotent));
  if (made) return { file: toStoredFile(context, made, await context.collecting.read()), created: false };
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
