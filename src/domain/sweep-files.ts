/** Collects files that nothing has held or kept for their time to live. An attach that comes first wins. */
import { findAttachments } from '../storage/attachments.ts';
import { dueFiles, findDueFile, takeDueFile } from '../storage/files.ts';
import type { FileRecord } from '../storage/records.ts';
import { type Scope, transact } from '../storage/transaction.ts';
import type { DomainContext } from './context.ts';
import { releaseBlob } from './release-blob.ts';
import { mostFilesPerPass, mostItemsPerPass, stepTimeoutMs } from './sweep-bounds.ts';
import type { SweepOptions, SweepReport } from './sweep-contract.ts';

export async function sweepFiles(
  context: DomainContext,
  options: SweepOptions & { readonly now: Date; readonly collectingSince: Date | null },
): Promise<{ collected: SweepReport['files']; skipped: number; more: boolean }> {
  const ttlMs = options.unreferencedTtlMs ?? context.settings.unreferencedTtlMs;
  const collected: SweepReport['files'][number][] = [];
  let skipped = 0;
  if (ttlMs === 'never' || !options.collectingSince) return { collected, skipped, more: false };
  const unreferencedBefore = new Date(options.now.getTime() - ttlMs);
  // Due at max(unreferencedSince, collectingSince) + ttl: before that, nothing is.
  if (options.collectingSince >= unreferencedBefore) return { collected, skipped, more: false };
  let looked = 0;
  let last: FileRecord | null = null;
  while (looked < mostFilesPerPass) {
    const due: FileRecord[] = await dueFiles(context.store, unreferencedBefore, last, mostItemsPerPass);
    for (const record of due) {
      if (options.signal?.aborted) return { collected, skipped, more: true };
      const outcome = options.dryRun
        ? record
        : await collect(context, record._id, unreferencedBefore, options.chunkDelayMs);
      if (outcome === 'skipped') skipped += 1;
      else if (outcome !== 'not due') collected.push(summaryOf(outcome));
    }
    looked += due.length;
    last = due.at(-1) ?? null;
    if (due.length < mostItemsPerPass) return { collected, skipped, more: false };
  }
  return { collected, skipped, more: true };
}

function summaryOf({ _id, unreferencedSince, size }: FileRecord): SweepReport['files'][number] {
  return { id: _id, unreferencedSince: unreferencedSince ?? new Date(0), size };
}

/** One file: record, count and lease in one transaction, without a retry. */
async function collect(
  context: DomainContext,
  id: string,
  unreferencedBefore: Date,
  chunkDelayMs: number = context.settings.chunkDelayMs,
): Promise<FileRecord | 'not due' | 'skipped'> {
  try {
    const outcome = await transact(
      context.store,
      (scope) => collectIn(scope, id, unreferencedBefore, chunkDelayMs),
      { retry: false, timeoutMs: stepTimeoutMs },
    );
    if (typeof outcome === 'object') logCollected(context, outcome);
    if (outcome !== 'held') return outcome;
    context.log.warn({ event: 'count-wrong', fileId: id }, 'a file with refCount 0 is held; not collected');
    return 'skipped';
  } catch (error) {
    context.log.warn(
      { event: 'sweep-skipped', fileId: id, reason: String(error) },
      'skipped until the next pass',
    );
    return 'skipped';
  }
}

async function collectIn(
  scope: Scope,
  id: string,
  unreferencedBefore: Date,
  chunkDelayMs: number,
): Promise<FileRecord | 'not due' | 'held'> {
  if (!(await findDueFile(scope, id, unreferencedBefore, stepTimeoutMs))) return 'not due';
  // A count that a foreign writer got wrong must not cost it its file.
  const [hold] = await findAttachments(scope, { fileId: id }, { limit: 1 });
  if (hold) return 'held';
  const record = await takeDueFile(scope, id, unreferencedBefore, stepTimeoutMs);
  if (!record) return 'not due';
  await releaseBlob(scope, record.blobId, chunkDelayMs);
  return record;
}

function logCollected(context: DomainContext, { _id, unreferencedSince, size }: FileRecord): void {
  context.log.info(
    { event: 'file-collected', fileId: _id, why: 'unreferenced', by: 'sweep', unreferencedSince, size },
    'file collected',
  );
}
