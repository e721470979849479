/**
 * Storage IDs and node IDs. `file_…` and `upload_…` are TypeIDs (TypeID specification 0.3): a prefix and a UUIDv7
 * (RFC 9562, section 5.7) in base 32, here with all of its 74 random bits fresh and no counter, so that nobody guesses
 * a neighbour. Attachments and documents are named by what makes them unique.
 */
import { randomBytes } from 'node:crypto';
import type { AttachmentKey } from '../storage/attachments.ts';
import type { DocumentName } from './model.ts';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

function newTypeId(prefix: string): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  let bits = BigInt(`0x${bytes.toString('hex')}`);
  let suffix = '';
  for (let position = 0; position < 26; position++) {
    suffix = alphabet.charAt(Number(bits & 31n)) + suffix;
    bits >>= 5n;
  }
  return `${prefix}_${suffix}`;
}

export const newFileId = (): string => newTypeId('file');
export const newUploadUrlId = (): string => newTypeId('upload');

const fileIdPattern = /^file_[0-7][0-9a-hjkmnp-tv-z]{25}$/;
const uploadUrlIdPattern = /^upload_[0-7][0-9a-hjkmnp-tv-z]{25}$/;

export const isFileId = (id: string): boolean => fileIdPattern.test(id);
export const isUploadUrlId = (id: string): boolean => uploadUrlIdPattern.test(id);

/** JSON of the parts, in base64url: injective, whatever the parts hold. */
function encodeParts(prefix: string, parts: readonly string[]): string {
  return `${prefix}_${Buffer.from(JSON.stringify(parts)).toString('base64url')}`;
}

function decodeParts(prefix: string, count: number, id: string): string[] | null {
  if (!id.startsWith(`${prefix}_`) || id.length > 8_192) return null;
  try {
    const parts: unknown = JSON.parse(Buffer.from(id.slice(prefix.length + 1), 'base64url').toString('utf8'));
    if (!Array.isArray(parts) || parts.length !== count || !parts.every((part) => typeof part === 'string'))
      return null;
    // One ID per thing: another spelling of the same parts names nothing.
    return encodeParts(prefix, parts) === id ? parts : null;
  } catch {
    return null;
  }
}

export function attachmentId(key: AttachmentKey): string {
  return encodeParts('attachment', [key.fileId, key.collection, key.documentId, key.field]);
}

export function parseAttachmentId(id: string): AttachmentKey | null {
  const [fileId, collection, documentId, field] = decodeParts('attachment', 4, id) ?? [];
  if (fileId === undefined || collection === undefined || documentId === undefined || field === undefined)
    return null;
  return { fileId, collection, documentId, field };
}

export function documentNodeId({ collection, documentId }: DocumentName): string {
  return encodeParts('document', [collection, documentId]);
}

export function parseDocumentNodeId(id: string): DocumentName | null {
  const [collection, documentId] = decodeParts('document', 2, id) ?? [];
  return collection === undefined || documentId === undefined ? null : { collection, documentId };
}
