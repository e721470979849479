/** Makes a temporary address that takes the bytes of one file. One write; what nobody uses, a sweep removes. */

import type { UploadUrlRecord } from '../storage/records.ts';
import { serverNow } from '../storage/store.ts';
import { insertUploadUrl } from '../storage/upload-urls.ts';
import { checkExpiresIn } from './check-input.ts';
import type { DomainContext } from './context.ts';
import { describeFile } from './file-description.ts';
import { newUploadUrlId } from './ids.ts';
import type { Caller, GenerateUploadUrlInput, UploadUrl } from './model.ts';
import { toUploadUrl } from './upload-url-view.ts';

/** Metadata and names, and their place in indexes. */
const mostRecordBytes = 65_536;

export async function generateUploadUrl(
  context: DomainContext,
  input: GenerateUploadUrlInput,
  caller: Caller,
): Promise<UploadUrl> {
  const description = describeFile(input, caller, context.settings);
  const lifetimeMs = checkExpiresIn(input.expiresIn, context.settings.uploadUrlTtlMs / 1_000) * 1_000;
  const now = await serverNow(context.store);
  const { attachTo } = description;
  const record: UploadUrlRecord = {
    _id: newUploadUrlId(),
    expiresAt: new Date(now.getTime() + lifetimeMs),
    blobId: null,
    fileId: null,
    sha256: null,
    size: null,
    error: null,
    maxSize: description.maxSize,
    contentTypes: description.contentTypes,
    expectedSha256: description.sha256,
    filename: description.filename,
    visibility: description.visibility,
    metadata: description.metadata,
    keep: description.keep,
    owner: description.owner,
    attachTo: attachTo && {
      ...attachTo.document,
      field: attachTo.field,
      replace: attachTo.replace,
      onlyOwner: attachTo.onlyOwner,
    },
    maker: caller.id,
  };
  await context.space.check(mostRecordBytes);
  await insertUploadUrl(context.store, record);
  return toUploadUrl(context, { record, lease: null, now });
}
