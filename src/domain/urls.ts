import type { StoredFile, UploadUrl } from './model.ts';

/**
 * The address of a file's bytes. Public files may be served by a CDN; private ones are never sent there.
 * @param baseUrl origin and path prefix without a trailing slash
 */
export function fileUrl(
  file: Pick<StoredFile, 'id' | 'visibility'>,
  options: { readonly baseUrl: string; readonly cdnUrl?: string | null; readonly download?: boolean },
): string {
  const base = file.visibility === 'PUBLIC' && options.cdnUrl ? options.cdnUrl : options.baseUrl;
  return `${base}/files/${file.id}${options.download ? '?download' : ''}`;
}

/** The address that takes the bytes of one file. */
export function uploadAddress(uploadUrl: Pick<UploadUrl, 'path'>, baseUrl: string): string {
  return `${baseUrl}${uploadUrl.path}`;
}
