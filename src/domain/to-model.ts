/** From storage's records to the domain's types. */
import { types } from 'node:util';
import type { AttachmentRecord, FileRecord } from '../storage/records.ts';
import type { DomainContext } from './context.ts';
import { attachmentId } from './ids.ts';
import type { Attachment, JsonObject, StoredFile } from './model.ts';

/**
 * `expiresAt` says what a sweep would do: max(unreferencedSince, collectingSince) + the time to live. What a foreign
 * writer has put where a date or an ObjectId should be is verify's to tell: no list fails because of one record on it.
 */
export function toStoredFile(
  { settings: { unreferencedTtlMs } }: Pick<DomainContext, 'settings'>,
  record: FileRecord,
  collectingSince: Date | null,
): StoredFile {
  const { _id, blobId, unreferencedSince, urlEpoch = 0, metadata, ...fields } = record;
  return {
    ...fields,
    id: _id,
    blobId: String(blobId),
    urlEpoch,
    // It was checked to be JSON when it came in, and comes back as it was.
    metadata: metadata as JsonObject,
    expiresAt: types.isDate(unreferencedSince)
      ? expiryOf(unreferencedSince, collectingSince, unreferencedTtlMs)
      : null,
  };
}

/** For what was only read. A file that is held or kept does not ask when collecting began. */
export async function toStoredFiles(
  context: DomainContext,
  records: readonly FileRecord[],
): Promise<StoredFile[]> {
  const mayExpire = records.some(({ unreferencedSince }) => unreferencedSince);
  const collectingSince = mayExpire ? await context.collecting.read() : null;
  return records.map((record) => toStoredFile(context, record, collectingSince));
}

function expiryOf(
  unreferencedSince: Date,
  collectingSince: Date | null,
  unreferencedTtlMs: number | 'never',
): Date | null {
  if (unreferencedTtlMs === 'never' || !collectingSince) return null;
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
