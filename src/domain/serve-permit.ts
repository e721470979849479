/** Whether the bytes of a file may go out: to whom, and for how long a cache may keep them. */
import { mayRead } from './access.ts';
import type { DomainContext } from './context.ts';
import type { Caller, StoredFile } from './model.ts';
import { type ReadPermit, verifyRead } from './signed-urls.ts';

/** Who asks for bytes, with what the URL itself permits. */
export interface ReadRequest {
  readonly caller: Caller;
  /** Null where the URL is not signed, or not readably so. */
  readonly permit: ReadPermit | null;
}

export interface Served {
  readonly file: StoredFile;
  /** `public`: anybody may · `signed`: whoever has the URL, for so many more milliseconds · `caller`: this caller. */
  readonly as:
    | { readonly kind: 'public' }
    | { readonly kind: 'signed'; readonly remainingMs: number }
    | { readonly kind: 'caller' };
}

/** @returns null where there is no such file, or none for this request: nobody can tell which */
export async function permitServing(
  { signing }: Pick<DomainContext, 'signing'>,
  file: StoredFile | null,
  { caller, permit }: ReadRequest,
): Promise<Served | null> {
  if (!file) return null;
  if (file.visibility === 'PUBLIC') return { file, as: { kind: 'public' } };
  const nowMs = Date.now();
  const expiresMs = permit && (await verifyRead(signing, file, permit, nowMs));
  if (expiresMs !== null) return { file, as: { kind: 'signed', remainingMs: expiresMs - nowMs } };
  return mayRead(caller, file) ? { file, as: { kind: 'caller' } } : null;
}
