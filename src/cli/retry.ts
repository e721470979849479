/** Repeats what failed for a passing reason: five times in a row without progress at most, each after a longer pause. */
import { setTimeout as delay } from 'node:timers/promises';
import { GridholdError } from '../errors/gridhold-error.ts';

const mostRetries = 5;
const firstPauseMs = 500;
const mostPauseMs = 10_000;

export interface Retrying {
  readonly signal: AbortSignal;
  /** Asked after each failure: a stream that was read can't be read again. */
  readonly canRepeat?: () => boolean;
  readonly onRetry: (error: GridholdError, pauseMs: number) => void;
}

/**
 * @param attempt is told a way to say that it got further than the one before: then the count begins anew
 * @throws what the last attempt threw, or the signal's reason
 */
export async function withRetries<T>(
  attempt: (progressed: () => void) => Promise<T>,
  { signal, canRepeat = () => true, onRetry }: Retrying,
): Promise<T> {
  let failures = 0;
  for (;;) {
    signal.throwIfAborted();
    try {
      return await attempt(() => {
        failures = 0;
      });
    } catch (error) {
      signal.throwIfAborted();
      if (!isPassing(error) || failures === mostRetries || !canRepeat()) throw error;
      const backoffMs = Math.min(mostPauseMs, firstPauseMs * 2 ** failures);
      const pauseMs = Math.max(backoffMs, (error.details.retryAfter ?? 0) * 1_000);
      failures += 1;
      onRetry(error, pauseMs);
      await delay(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}

/** A source that failed itself is told as a body that broke off: that comes from this machine, and does not pass. */
function isPassing(error: unknown): error is GridholdError {
  return error instanceof GridholdError && error.retryable && error.code !== 'LENGTH_MISMATCH';
}
