/**
 * What all instances together have counted of each caller in the current minute, by rate-limiter-flexible. Counts are not
 * precious: they are acknowledged by the primary alone, and a failover may lose some. Whom a key stands for, and what
 * is done with a count, is left to the HTTP edge.
 */
import { RateLimiterMongo } from 'rate-limiter-flexible';
import { collectionNames } from './collections.ts';
import type { Store } from './store.ts';

const windowSeconds = 60;

export interface StoredCounts {
  readonly windowMs: number;
  /** Adds to a count, or begins it, for a minute. @throws MongoDB's errors */
  add(key: string, requests: number): Promise<{ readonly count: number; readonly msLeft: number }>;
}

export function createStoredCounts(store: Store): StoredCounts {
  const limiter = new RateLimiterMongo({
    storeClient: store.client.db(store.db.databaseName, { writeConcern: { w: 1 } }),
    tableName: collectionNames.rateLimits,
    keyPrefix: '',
    duration: windowSeconds,
    // The limit is the caller's: this only adds.
    points: Number.MAX_SAFE_INTEGER,
    // Made with all the others, before the first request.
    disableIndexesCreation: true,
  });
  return {
    windowMs: windowSeconds * 1_000,
    async add(key, requests) {
      const { consumedPoints, msBeforeNext } = await limiter.penalty(key, requests);
      return { count: consumedPoints, msLeft: msBeforeNext };
    },
  };
}
