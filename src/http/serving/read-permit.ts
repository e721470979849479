/** The permission that a signed URL carries in its query. */
import type { ReadPermit } from '../../domain/signed-urls.ts';

/** Null where there is none, or a parameter that it is bound to comes twice. Others, and their order, are free. */
export function permitIn(query: URLSearchParams): ReadPermit | null {
  const [expires, ...moreExpires] = query.getAll('expires');
  const [signature, ...moreSignatures] = query.getAll('signature');
  const [download, ...moreDownloads] = query.getAll('download');
  const doubled = moreExpires.length + moreSignatures.length + moreDownloads.length;
  if (expires === undefined || signature === undefined || doubled > 0) return null;
  return { expires, signature, download: download !== undefined };
}
