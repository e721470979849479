/** What the edge needs of the settings, and its own bounds, which are none. */
import type { Settings } from '../config/settings.ts';

export type HttpSettings = Pick<
  Settings,
  | 'publicUrl'
  | 'cdnUrl'
  | 'publicMaxAgeSeconds'
  | 'corsOrigins'
  | 'auth'
  | 'maxUploadBytes'
  | 'userRateLimit'
  | 'keyRateLimit'
  | 'addressRateLimit'
  | 'uploadsAtOnce'
  | 'trustedProxies'
>;

export interface EdgeLimits {
  /** How long a client that we wait for may send nothing. */
  readonly requestStallMs: number;
  /** How long a client may take nothing of its answer: a paused video player reads on by a new range. */
  readonly answerStallMs: number;
  /** How much of a refused body is thrown away so that the client, which still sends, gets to read the answer. */
  readonly drainBytes: number;
  readonly drainMs: number;
}

export const defaultEdgeLimits: EdgeLimits = {
  requestStallMs: 30_000,
  answerStallMs: 120_000,
  drainBytes: 100 * 1024 * 1024,
  drainMs: 30_000,
};
