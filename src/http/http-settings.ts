/** What the edge needs of the settings, and bounds of its own, which are not settings. */
import type { LibrarySettings } from '../config/library-settings.ts';

export type HttpSettings = Pick<
  LibrarySettings,
  | 'publicUrl'
  | 'publicMaxAgeSeconds'
  | 'corsOrigins'
  | 'auth'
  | 'isAuthUndecided'
  | 'maxUploadBytes'
  | 'graphiql'
  | 'userRateLimit'
  | 'keyRateLimit'
  | 'addressRateLimit'
  | 'uploadsAtOnce'
  | 'trustedProxies'
  | 'metricsToken'
>;

export interface EdgeLimits {
  /** How long a client that we wait for may send nothing. */
  readonly requestStallMs: number;
  /** How long a client may take nothing of its answer: a paused video player resumes with a new range request. */
  readonly answerStallMs: number;
  /** A transfer that is slower than this over the times below, each of them spent waiting for the client, is ended. */
  readonly leastBytesPerSecond: number;
  readonly bodyPaceMs: number;
  readonly answerPaceMs: number;
  /** Of clients that have taken nothing for a while, how many may go on doing so. */
  readonly mostIdleReaders: number;
  readonly idleReaderMs: number;
  /** How much of a refused body is thrown away so that the client, which still sends, gets to read the answer. */
  readonly drainBytes: number;
  readonly drainMs: number;
}

export const defaultEdgeLimits: EdgeLimits = {
  requestStallMs: 30_000,
  answerStallMs: 120_000,
  leastBytesPerSecond: 1_000,
  bodyPaceMs: 60_000,
  answerPaceMs: 300_000,
  // A chunk each: 64 MiB.
  mostIdleReaders: 256,
  idleReaderMs: 10_000,
  drainBytes: 100 * 1024 * 1024,
  drainMs: 30_000,
};
