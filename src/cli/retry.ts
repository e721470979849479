/** Repeats what failed for a passing reason: five times in a row without progress at most, each after a longer pause. */
import { setTimeout as delay } from 'node:timers/promises';
import { GridholdError } from '../errors/gridhold-error.ts';

const mostTries = 6;
const usualFirstPauseMs = 500;
const mostPauseMs = 10_000;

export interface Retrying {
  readonly signal: AbortSignal;
  readonly firstPauseMs?: number;
  /** Asked after each failure: a stream that was read can't be read again. */
  readonly canRepeat?: () => boolean;
  /** @param next in words: which try the next one is */
  readonly onRetry: (error: GridholdError, next: string) => void;
}

/**
 * @param attempt is told a way to say that it got further than the one before: then the count begins anew
 * @throws what the last attempt threw, which says so where it was the last of several, or the signal's reason
 */
export async function withRetries<T>(
  attempt: (progressed: () => void) => Promise<T>,
  { signal, firstPauseMs = usualFirstPauseMs, canRepeat = () => true, onRetry }: Retrying,
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
      if (!isPassing(error) || !canRepeat()) throw error;
      if (failures + 1 === mostTries) {
        const message = `${error.message}; gave up after ${mostTries} tries`;
        throw new GridholdError(error.code, message, error.details, { cause: error });
      }
      const backoffMs = Math.min(mostPauseMs, firstPauseMs * 2 ** failures);
      const pauseMs = Math.max(backoffMs, (error.details.retryAfter ?? 0) * 1_000);
      failures += 1;
      onRetry(error, `in ${pauseMs / 1_000} s, try ${failures + 1} of ${mostTries}`);
      await delay(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}

/** A source that failed itself is told as a body that broke off: that comes from this machine, and does not pass. */
function isPassing(error: unknown): error is GridholdError {
  return error instanceof GridholdError && error.retryable && error.code !== 'LENGTH_MISMATCH';
}
