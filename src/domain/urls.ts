/** The addresses that go to clients. */
import { mayRead } from './access.ts';
import { checkExpiresIn } from './check-input.ts';
import type { DomainContext } from './context.ts';
import type { Caller, StoredFile, UploadUrl } from './model.ts';
import { signRead } from './signed-urls.ts';

export interface AddressOptions {
  /** Origin and path prefix without a trailing slash. */
  readonly baseUrl: string;
  readonly download?: boolean | undefined;
  /** Seconds that a signed URL is good for, 1 to 604,800; else as the settings say. */
  readonly expiresIn?: number | null | undefined;
}

/**
 * The address of a file's bytes. Public files may be served by a CDN; private ones never are: their address is signed
 * where the caller may read the file, and bare where it may not.
 * @throws BAD_USER_INPUT
 */
export function fileAddress(
  { settings, signing }: Pick<DomainContext, 'settings' | 'signing'>,
  file: StoredFile,
  caller: Caller,
  options: AddressOptions,
): string {
  const { baseUrl, download = false } = options;
  const ttlMs = checkExpiresIn(options.expiresIn, settings.signedUrlTtlMs / 1_000) * 1_000;
  if (file.visibility === 'PUBLIC') {
    return `${bareAddress(file, settings.cdnUrl ?? baseUrl)}${download ? '?download' : ''}`;
  }
  const bare = bareAddress(file, baseUrl);
  if (!mayRead(caller, file)) return bare;
  const { expires, signature } = signRead(signing, file, { download, ttlMs, nowMs: Date.now() });
  return `${bare}?${download ? 'download&' : ''}expires=${expires}&signature=${signature}`;
}

/** Without a permission: for whoever brings one. */
export function bareAddress({ id }: Pick<StoredFile, 'id'>, baseUrl: string): string {
  return `${baseUrl}/files/${id}`;
}

/** The address that takes the bytes of one file. */
export function uploadAddress(uploadUrl: Pick<UploadUrl, 'path'>, baseUrl: string): string {
  return `${baseUrl}${uploadUrl.path}`;
}
