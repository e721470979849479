/** Records as the domain's words. */
import type { AttachmentRecord, FileRecord } from '../storage/records.ts';
import type { DomainContext } from './context.ts';
import { attachmentId } from './ids.ts';
import type { Attachment, JsonObject, StoredFile } from './model.ts';

/** `expiresAt` says what a sweep would do: max(unreferencedSince, collectingSince) + the time to live. */
export async function toStoredFile(context: DomainContext, record: FileRecord): Promise<StoredFile> {
  const { _id, blobId, unreferencedSince, metadata, ...fields } = record;
  return {
    ...fields,
    id: _id,
    blobId: blobId.toHexString(),
    // It was checked to be JSON when it came in, and comes back as it was.
    metadata: metadata as JsonObject,
    expiresAt: unreferencedSince ? await expiryOf(context, unreferencedSince) : null,
  };
}

async function expiryOf(context: DomainContext, unreferencedSince: Date): Promise<Date | null> {
  const { unreferencedTtlMs } = context.settings;
  if (unreferencedTtlMs === 'never') return null;
  const collectingSince = await context.collecting.read();
  if (!collectingSince) return null;
  return new Date(Math.max(unreferencedSince.getTime(), collectingSince.getTime()) + unreferencedTtlMs);
}

export function toAttachment(record: AttachmentRecord): Attachment {
  return {
    id: attachmentId(record),
    fileId: record.fileId,
    document: { collection: record.collection, documentId: record.documentId },
    field: record.field,
    attachedAt: record.attachedAt,
  };
}
