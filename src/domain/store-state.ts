/**
 * What whoever watches over a store wants to know of it: whether MongoDB answers, what waits to be collected, how much
 * room there is. Readings are shared by all who ask at once, kept for some seconds, and waited for within a bound: a
 * MongoDB that hangs holds up nobody who watches, and is asked by one reading at a time.
 */
import pTimeout from 'p-timeout';
import { countDueFiles, countLeases } from '../storage/backlog.ts';
import { readFreeSpace } from '../storage/free-space.ts';
import type { LeaseState } from '../storage/records.ts';
import { serverNow } from '../storage/store.ts';
import type { DomainContext } from './context.ts';

export interface StoreState {
  /** Null, here and below: not known. */
  readonly leases: ReadonlyMap<LeaseState, number> | null;
  /** Files whose time is over and which the next sweeps collect. */
  readonly dueFiles: number | null;
  readonly freeBytes: number | null;
}

/** @returns null where MongoDB does not answer in time. Never throws */
export type ReadStoreState = () => Promise<StoreState | null>;

const leaseStates: readonly LeaseState[] = ['writing', 'abandoned', 'remembered', 'deleted'];
const freshMs = 5_000;
/** From when a reading began, so that whoever comes later is told at once that nothing is known. */
const longestWaitMs = 2_000;
/** A connection may be dead and not know it: then a later reading tries another one. */
const longestReadMs = 10_000;

type Watched = Pick<DomainContext, 'store' | 'settings' | 'collecting'>;

export function createStoreState(context: Watched): ReadStoreState {
  let known: StoreState | null = null;
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<StoreState | null> | null = null;
  let waitUntil = 0;

  async function read(): Promise<StoreState | null> {
    waitUntil = performance.now() + longestWaitMs;
    known = await orNull(
      longestReadMs,
      orUnknown(() => readOnce(context)),
    );
    readAt = performance.now();
    reading = null;
    return known;
  }

  return async () => {
    if (known !== null && performance.now() - readAt < freshMs) return known;
    reading ??= read();
    return await orNull(waitUntil - performance.now(), reading);
  };
}

/** One after another: whoever watches takes one connection, also where there are few left. */
async function readOnce({ store, settings, collecting }: Watched): Promise<StoreState> {
  const now = await serverNow(store);
  const leases = await orUnknown(async () => {
    const counts = new Map<LeaseState, number>();
    for (const why of leaseStates) counts.set(why, await countLeases(store, why));
    return counts;
  });
  const dueFiles = await orUnknown(async () => {
    const ttlMs = settings.unreferencedTtlMs;
    const collectingSince = await collecting.read();
    if (ttlMs === 'never' || collectingSince === null) return 0;
    const unreferencedBefore = new Date(now.getTime() - ttlMs);
    return collectingSince < unreferencedBefore ? await countDueFiles(store, unreferencedBefore) : 0;
  });
  const space = await orUnknown(() => readFreeSpace(store));
  return { leases, dueFiles, freeBytes: space && space.diskBytes + space.reusableBytes };
}

async function orUnknown<T>(work: () => Promise<T>): Promise<T | null> {
  return await work().catch(() => null);
}

async function orNull<T>(timeMs: number, work: Promise<T>): Promise<T | null> {
  return await pTimeout(work, { milliseconds: Math.max(1, timeMs), fallback: () => null });
}
