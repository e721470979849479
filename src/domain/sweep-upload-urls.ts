/**
 * Removes upload URLs a day after their end: until then a client that lost its answer may repeat itself. One whose
 * attempt still writes stays; finalize writes the URL, so the two conflict.
 */
import { findWritingLease } from '../storage/leases.ts';
import { transact } from '../storage/transaction.ts';
import { deleteUploadUrl, dueUploadUrls, findUploadUrl } from '../storage/upload-urls.ts';
import type { DomainContext } from './context.ts';
import { mostItemsPerPass, stepTimeoutMs } from './sweep-bounds.ts';
import type { SweepOptions } from './sweep-contract.ts';

const repeatableMs = 24 * 3_600_000;

export async function sweepUploadUrls(
  context: DomainContext,
  options: SweepOptions & { readonly now: Date },
): Promise<{ removed: number; skipped: number; more: boolean }> {
  const expiredBefore = new Date(options.now.getTime() - repeatableMs);
  const due = await dueUploadUrls(context.store, expiredBefore, mostItemsPerPass);
  const more = due.length === mostItemsPerPass;
  if (options.dryRun) return { removed: due.length, skipped: 0, more };
  let removed = 0;
  for (const { _id } of due) {
    if (options.signal?.aborted) break;
    if (await tryRemove(context, _id, expiredBefore)) removed += 1;
  }
  return { removed, skipped: due.length - removed, more };
}

async function tryRemove(context: DomainContext, id: string, expiredBefore: Date): Promise<boolean> {
  try {
    return await transact(
      context.store,
      async (scope) => {
        const record = await findUploadUrl(scope, id);
        if (!record) return false;
        if (record.blobId && (await findWritingLease(scope, record.blobId))) return false;
        return await deleteUploadUrl(scope, record, expiredBefore);
      },
      { retry: false, timeoutMs: stepTimeoutMs },
    );
  } catch (error) {
    context.log.warn(
      { event: 'sweep-skipped', uploadUrlId: id, reason: String(error) },
      'skipped until the next pass',
    );
    return false;
  }
}
