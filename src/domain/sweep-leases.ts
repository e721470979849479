/**
 * Moves leases on: `writing` whose time is over → `abandoned` → a minute later chunks removed, `remembered` → a day
 * later looked at once more, gone. `deleted` and due: chunks removed, gone. A step that dies in between is repeated by
 * the next pass, because the lease goes last.
 */
import { findBlob } from '../storage/blobs.ts';
import {
  abandonedMs,
  dueLeases,
  endLease,
  rememberedMs,
  removeChunks,
  stepLease,
} from '../storage/leases.ts';
import type { LeaseRecord, LeaseState } from '../storage/records.ts';
import type { DomainContext } from './context.ts';
import { mostItemsPerPass, stepTimeoutMs } from './sweep-bounds.ts';
import type { SweepOptions } from './sweep-contract.ts';

interface Step {
  readonly why: LeaseState;
  /** @returns false where the lease was no longer in this state */
  take(context: DomainContext, lease: LeaseRecord, pass: Pass): Promise<boolean>;
}
interface Pass {
  readonly now: Date;
  readonly signal?: AbortSignal | undefined;
}

const steps: readonly Step[] = [
  {
    why: 'deleted',
    take: (context, { _id }, { signal }) => endLease(context.store, _id, 'deleted', signal),
  },
  {
    why: 'remembered',
    take: (context, { _id }, { signal }) => endLease(context.store, _id, 'remembered', signal),
  },
  {
    why: 'abandoned',
    take: async (context, { _id }, { signal }) => {
      await removeChunks(context.store, _id, signal);
      return await stepLease(context.store, _id, 'abandoned', { why: 'remembered', afterMs: rememberedMs });
    },
  },
  {
    why: 'writing',
    take: async (context, lease, { now }) =>
      await stepLease(
        context.store,
        lease._id,
        'writing',
        { why: 'abandoned', afterMs: abandonedMs },
        { untilBefore: now, maxTimeMS: stepTimeoutMs },
      ),
  },
];

export async function sweepLeases(
  context: DomainContext,
  options: SweepOptions & { readonly now: Date },
): Promise<{ stepped: number; skipped: number; more: boolean }> {
  const { now, chunkDelayMs } = options;
  let stepped = 0;
  let skipped = 0;
  let more = false;
  for (const step of steps) {
    const due = await dueLeases(context.store, step.why, now, {
      limit: mostItemsPerPass,
      ...(chunkDelayMs === undefined ? {} : { deletedSince: new Date(now.getTime() - chunkDelayMs + 1) }),
    });
    more ||= due.length === mostItemsPerPass;
    for (const lease of due) {
      if (options.signal?.aborted) return { stepped, skipped, more: true };
      if (options.dryRun) {
        stepped += 1;
        continue;
      }
      if (await tryStep(context, step, lease, options)) stepped += 1;
      else skipped += 1;
    }
  }
  return { stepped, skipped, more };
}

async function tryStep(context: DomainContext, step: Step, lease: LeaseRecord, pass: Pass): Promise<boolean> {
  try {
    // Never so by the protocol; if it ever were, a live file's bytes are worth more than the room.
    if (step.why !== 'writing' && (await findBlob(context.store, lease._id))) {
      context.log.warn({ event: 'lease-on-live-blob', blobId: String(lease._id) }, 'a live blob has a lease');
      return false;
    }
    return await step.take(context, lease, pass);
  } catch (error) {
    const blobId = String(lease._id);
    context.log.warn(
      { event: 'sweep-skipped', blobId, reason: String(error) },
      'skipped until the next pass',
    );
    return false;
  }
}
