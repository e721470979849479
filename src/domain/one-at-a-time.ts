/**
 * Work on the same thing, one after another within this process: transactions that would only conflict and be retried
 * wait for each other instead. Correctness never rests on it, for other instances don't wait here; so nobody waits for
 * long either.
 */
import pTimeout from 'p-timeout';

export type OneAtATime = <T>(key: string, work: () => Promise<T>) => Promise<T>;

const longestWaitMs = 5_000;

export function createOneAtATime(): OneAtATime {
  const last = new Map<string, Promise<unknown>>();
  return async (key, work) => {
    const before = last.get(key);
    const mine = before ? endOf(before).then(work) : work();
    last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (last.get(key) === mine) last.delete(key);
    }
  };
}

/** Whichever way it ends, or when it has taken too long. */
async function endOf(work: Promise<unknown>): Promise<void> {
  await pTimeout(
    work.catch(() => undefined),
    { milliseconds: longestWaitMs, message: false },
  );
}
