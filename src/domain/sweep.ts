/**
 * One bounded pass that collects what nothing holds: files whose time is up, leases step by step, upload URLs a day
 * after their end. Each item is a small step of its own that repeats its whole condition; what is in somebody's way is
 * skipped until the next pass, and an item never stops a pass. Any number of instances may sweep at once.
 */
import { findAttachments } from '../storage/attachments.ts';
import { writeCollectingSince } from '../storage/marker.ts';
import { serverNow } from '../storage/store.ts';
import type { DomainContext } from './context.ts';
import { sweepFiles } from './sweep-files.ts';
import { sweepLeases } from './sweep-leases.ts';
import { sweepUploadUrls } from './sweep-upload-urls.ts';
import type { SweepOptions, SweepReport } from './use-cases.ts';

export async function sweep(context: DomainContext, options: SweepOptions = {}): Promise<SweepReport> {
  const now = await serverNow(context.store);
  const collectingSince = await beginCollecting(context, options.dryRun ?? false);
  const files = await sweepFiles(context, { now, collectingSince, ...options });
  const leases = await sweepLeases(context, { now, ...options });
  const uploadUrls = await sweepUploadUrls(context, { now, ...options });
  return {
    files: files.collected,
    leases: leases.stepped,
    uploadUrls: uploadUrls.removed,
    skipped: files.skipped + leases.skipped + uploadUrls.skipped,
    more: files.more || leases.more || uploadUrls.more,
    collectingSince,
  };
}

/** A foreign writer's attachment begins it as well: whoever attaches knows that files are collected. */
async function beginCollecting(context: DomainContext, dryRun: boolean): Promise<Date | null> {
  const known = await context.collecting.read();
  if (known || dryRun) return known;
  const [seen] = await findAttachments(context.store, {}, { limit: 1 });
  if (!seen) return null;
  await writeCollectingSince(context.store);
  return await context.collecting.read();
}
