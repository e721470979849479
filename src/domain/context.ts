/** What every use case is given. Made once by the composition root. */
import type { Settings } from '../config/settings.ts';
import type { Outbound } from '../outbound/outbound.ts';
import type { ByteBudget } from '../storage/byte-budget.ts';
import type { Reading } from '../storage/chunk-reader.ts';
import type { Store } from '../storage/store.ts';
import type { AtOnce } from './at-once.ts';
import type { Authenticate } from './authenticate.ts';
import type { CollectingSince } from './collecting-since.ts';
import type { KeyRing } from './key-ring.ts';
import type { Logger } from './logger.ts';
import type { OneAtATime } from './one-at-a-time.ts';
import type { Space } from './space.ts';

export type DomainSettings = Pick<
  Settings,
  | 'maxUploadBytes'
  | 'contentTypes'
  | 'userMaxUploadBytes'
  | 'userContentTypes'
  | 'cdnUrl'
  | 'signedUrlTtlMs'
  | 'defaultVisibility'
  | 'uploadUrlTtlMs'
  | 'uploadLeaseTtlMs'
  | 'uploadsAtOnce'
  | 'chunkDelayMs'
  | 'unreferencedTtlMs'
>;

/** What a pass has done, in numbers. */
export interface SweepTally {
  readonly files: number;
  /** Of those files. */
  readonly bytes: number;
  readonly leases: number;
  readonly uploadUrls: number;
  readonly skipped: number;
}

/** Told of each pass that was to change something. It returns at once and never throws. */
export interface SweepObserver {
  /** @param tally null where the pass failed */
  swept(tally: SweepTally | null, durationMs: number): void;
}

export interface DomainContext {
  readonly store: Store;
  readonly settings: DomainSettings;
  /** Signs upload URLs and signed URLs. */
  readonly signing: KeyRing;
  readonly authenticate: Authenticate;
  /** What writers hold until MongoDB has it; readers that wait for their clients must not starve them. */
  readonly writeBudget: ByteBudget;
  /** What readers read ahead, and when each may ask. */
  readonly reading: Reading;
  /** What MongoDB's disk has left for more. */
  readonly space: Space;
  readonly collecting: CollectingSince;
  /** Finalizes of equal bytes, by SHA-256. */
  readonly finalizing: OneAtATime;
  /** The guarded way to third parties. */
  readonly outbound: Outbound;
  /** Fetches and sendings under way, by caller. */
  readonly thirdPartyTurns: AtOnce;
  readonly log: Logger;
  readonly sweeps?: SweepObserver | undefined;
}
