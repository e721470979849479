/**
 * How many requests each caller has made in the current minute, by all instances together. Each instance counts in memory and
 * tells the others (through storage) whenever a hundredth of the limit has come together: so no request waits for a
 * count, one that is refused costs nothing, and where storage fails each instance goes on counting by itself. One
 * instance is exact; each further one may let through what it has not told yet.
 */
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Logger } from '../../domain/logger.ts';

/** What all instances have counted. Storage's: this layer does not know which. */
export interface SharedCounts {
  /** How long a count lasts, from its first request. */
  readonly windowMs: number;
  /** Adds to a count, or begins it. @throws whatever storage throws */
  add(key: string, requests: number): Promise<{ readonly count: number; readonly msLeft: number }>;
}

export interface RequestCounts {
  /** Counts one request, unless the limit is reached. @returns null, or the milliseconds until it may come again */
  count(name: string, limit: number): number | null;
}

interface Count {
  /** Told by storage, together with what is on its way there. */
  told: number;
  untold: number;
  isTelling: boolean;
  endsAt: number;
}

const steps = 100;
/** The counts that were touched least recently are forgotten first. */
const mostCounts = 50_000;
/** Storage that hangs must not gather promises. */
const mostTellings = 100;
const pauseAfterFailureMs = 1_000;
const nextWarningMs = 60_000;

export function createRequestCounts(shared: SharedCounts, logger: Logger): RequestCounts {
  const counts = new LRUCache<string, Count>({ max: mostCounts });
  let tellings = 0;
  let quietUntil = 0;
  let warnedAt = Number.NEGATIVE_INFINITY;

  function current(key: string, now: number): Count | undefined {
    const count = counts.get(key);
    return count && count.endsAt > now ? count : undefined;
  }

  function tellWhenDue(key: string, count: Count, limit: number): void {
    const isDue = count.untold >= limit / steps || (count.untold > 0 && count.told + count.untold >= limit);
    if (!isDue || count.isTelling || tellings >= mostTellings || performance.now() < quietUntil) return;
    const requests = count.untold;
    count.told += requests;
    count.untold = 0;
    count.isTelling = true;
    tellings += 1;
    void add(key, requests, count).finally(() => {
      count.isTelling = false;
      tellings -= 1;
      // Those that came meanwhile, if they were the last: others must hear of them.
      if (count.endsAt > performance.now()) tellWhenDue(key, count, limit);
    });
  }

  /** Never rejects: what could not be told counts here. */
  async function add(key: string, requests: number, count: Count): Promise<void> {
    try {
      const { count: all, msLeft } = await shared.add(key, requests);
      count.told = all;
      // By the clock of whoever began the count, which may be wrong.
      count.endsAt = performance.now() + Math.min(Math.max(msLeft, 0), shared.windowMs);
    } catch (error) {
      const now = performance.now();
      quietUntil = now + pauseAfterFailureMs;
      if (now - warnedAt < nextWarningMs) return;
      warnedAt = now;
      logger.warn({ event: 'rate-limits-alone', err: error }, 'Requests are counted by this instance alone');
    }
  }

  return {
    count(name, limit) {
      const key = keyOf(name);
      const now = performance.now();
      const count = current(key, now) ?? {
        told: 0,
        untold: 0,
        isTelling: false,
        endsAt: now + shared.windowMs,
      };
      counts.set(key, count);
      if (count.told + count.untold >= limit) return count.endsAt - now;
      count.untold += 1;
      tellWhenDue(key, count, limit);
      return null;
    },
  };
}

/** Names hold what clients send, of any length; in storage they are nobody's business. */
function keyOf(name: string): string {
  return createHash('sha256').update(name).digest('base64url');
}
