/** The least and the most that a setting may be, however it is given: as text in the environment, or in code. */

/** Node's timers wrap around above this and fire at once. */
export const longestTimerMs = 2 ** 31 - 1;

const dayMs = 86_400_000;

/** Milliseconds. */
export interface Bounds {
  readonly atLeastMs: number;
  readonly atMostMs: number;
}

/** 7 days: the longest that an upload URL or a signed URL may be good for, by a setting or by a request. */
export const longestUrlLifeSeconds = 604_800;

const urlTtl = { atLeastMs: 1_000, atMostMs: longestUrlLifeSeconds * 1_000 };

export const bounds = {
  publicMaxAge: { atLeastMs: 0, atMostMs: 365 * dayMs },
  jwtLeeway: { atLeastMs: 0, atMostMs: 300_000 },
  uploadUrlTtl: urlTtl,
  signedUrlTtl: urlTtl,
  uploadLeaseTtl: { atLeastMs: 1_000, atMostMs: dayMs },
  chunkDelay: { atLeastMs: 0, atMostMs: 365 * dayMs },
  fetchTimeout: { atLeastMs: 1_000, atMostMs: dayMs },
  unreferencedTtl: { atLeastMs: 0, atMostMs: 36_500 * dayMs },
  sweepInterval: { atLeastMs: 100, atMostMs: longestTimerMs },
  shutdownTimeout: { atLeastMs: 0, atMostMs: longestTimerMs },
} as const satisfies Record<string, Bounds>;
