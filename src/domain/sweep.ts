/**
 * One bounded pass that collects what nothing holds: files whose time is up, leases step by step, upload URLs a day
 * after their end. Each item is a small step of its own that repeats its whole condition; what somebody else is
 * writing is skipped until the next pass, and an item never stops a pass. Any number of instances may sweep at once.
 */
import { hasSeenAttachment } from '../storage/attachments.ts';
import { writeCollectingSince } from '../storage/marker.ts';
import { serverNow } from '../storage/store.ts';
import type { DomainContext, SweepTally } from './context.ts';
import type { SweepOptions, SweepReport } from './sweep-contract.ts';
import { sweepFiles } from './sweep-files.ts';
import { sweepLeases } from './sweep-leases.ts';
import { sweepUploadUrls } from './sweep-upload-urls.ts';

export async function sweep(context: DomainContext, options: SweepOptions = {}): Promise<SweepReport> {
  if (options.dryRun) return await pass(context, options);
  const startedAt = performance.now();
  let report: SweepReport | null = null;
  try {
    report = await pass(context, options);
    return report;
  } finally {
    context.sweeps?.swept(report && tallyOf(report), performance.now() - startedAt);
  }
}

function tallyOf({ files, leases, uploadUrls, skipped }: SweepReport): SweepTally {
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  return { files: files.length, bytes, leases, uploadUrls, skipped };
}

async function pass(context: DomainContext, options: SweepOptions): Promise<SweepReport> {
  const now = await serverNow(context.store);
  const before = await context.collecting.refresh();
  const collectingSince = before ?? (await beginCollecting(context, now, options.dryRun ?? false));
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
    hasBegun: before === null && collectingSince !== null,
  };
}

/**
 * An attachment in a caller's transaction or of a foreign writer begins it as well. One that has come and gone between
 * two sweeps may have left its document's lock, which nobody leaves who has changed nothing.
 */
async function beginCollecting(context: DomainContext, now: Date, dryRun: boolean): Promise<Date | null> {
  if (!(await hasSeenAttachment(context.store))) return null;
  // A pass just after the one that begins it would find what this one lists.
  if (dryRun) return new Date(now.getTime() - 1);
  await writeCollectingSince(context.store);
  return await context.collecting.refresh();
}
