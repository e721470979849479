/** What follows `/upload/` in an upload URL: its ID, signed. A forged one is refused without a look-up. */
import { isUploadUrlId } from './ids.ts';
import type { KeyRing } from './key-ring.ts';

/** `{id}.{keyId}.{signature}` */
export function uploadToken(keys: KeyRing, id: string): string {
  return `${id}.${keys.sign('upload', [id])}`;
}

/** @returns the ID, or null where the signature is not ours */
export async function verifyUploadToken(keys: KeyRing, token: string): Promise<string | null> {
  const dot = token.indexOf('.');
  const id = token.slice(0, Math.max(dot, 0));
  if (!isUploadUrlId(id)) return null;
  return (await keys.verify('upload', [id], token.slice(dot + 1))) ? id : null;
}
