/**
 * Signed URLs of private files: a permission to read one file (GET and HEAD), shown or saved as signed, until a time.
 * Revoking counts up the file's epoch, which stands inside of the signature.
 *
 * Within a window of half its life a URL stays the same, so that browsers' caches and images that are rendered anew
 * work; so it is good for at least half of its life when it is given. Times come from this process's clock: where
 * instances' clocks differ, a URL lives that much longer or shorter on another.
 */
import type { KeyRing } from './key-ring.ts';
import type { StoredFile } from './model.ts';

/** As it came with a request. */
export interface ReadPermit {
  /** Milliseconds since 1970, in digits. */
  readonly expires: string;
  readonly signature: string;
  readonly download: boolean;
}

type Signed = Pick<StoredFile, 'id' | 'urlEpoch'>;

/** GET stands for HEAD, too. */
function partsOf(file: Signed, { expires, download }: Omit<ReadPermit, 'signature'>): string[] {
  return ['GET', file.id, expires, download ? 'attachment' : 'as-it-is', String(file.urlEpoch)];
}

/** @param ttlMs how long it is good for at most; at least half of it */
export function signRead(
  keys: KeyRing,
  file: Signed,
  options: { readonly download: boolean; readonly ttlMs: number; readonly nowMs: number },
): ReadPermit {
  const { download, ttlMs, nowMs } = options;
  const windowMs = Math.max(1, Math.floor(ttlMs / 2));
  const expires = String((Math.floor(nowMs / windowMs) + 2) * windowMs);
  return { expires, download, signature: keys.sign('file', partsOf(file, { expires, download })) };
}

/** @returns until when it is good, in milliseconds since 1970; null where it is not (any more) */
export async function verifyRead(
  keys: KeyRing,
  file: Signed,
  permit: ReadPermit,
  nowMs: number,
): Promise<number | null> {
  const isOurs = await keys.verify('file', partsOf(file, permit), permit.signature);
  // One spelling only: the number is what was signed, as text.
  if (!isOurs || !/^\d{1,16}$/.test(permit.expires)) return null;
  const expiresMs = Number(permit.expires);
  return expiresMs > nowMs ? expiresMs : null;
}
