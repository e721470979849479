/**
 * A `Content-Digest` on a form is of the whole body (RFC 9530, section 2), but clients that post a form often announce
 * the file's. Either proves that the bytes came through as they left.
 */
import { createHash } from 'node:crypto';
import { GridholdError } from '../../errors/gridhold-error.ts';

export interface FormDigest {
  readonly addForm: (chunk: Uint8Array) => void;
  readonly addFile: (chunk: Uint8Array) => void;
  /** @throws CHECKSUM_MISMATCH */
  readonly check: () => void;
}

/** Hashes nothing where nothing is announced. */
export function formDigest(announcedSha256: string | null): FormDigest | null {
  if (announcedSha256 === null) return null;
  const form = createHash('sha256');
  const file = createHash('sha256');
  return {
    addForm: (chunk) => form.update(chunk),
    addFile: (chunk) => file.update(chunk),
    check() {
      const found = [form.digest('hex'), file.digest('hex')];
      if (found.includes(announcedSha256)) return;
      throw new GridholdError(
        'CHECKSUM_MISMATCH',
        'Neither the form nor its file hashes to the announced SHA-256',
      );
    },
  };
}
