/** How many operations each caller has under way in this process, which alone holds their connections and buffers. */
import { GridholdError } from '../errors/gridhold-error.ts';

export interface AtOnce {
  /**
   * @param what for the error: what there may be so many of
   * @returns what ends it, safe to repeat
   * @throws RATE_LIMITED where there are as many as may be
   */
  enter(name: string, limit: number, what: string): () => void;
}

/** Any of them may end at any time; whoever asks again soon finds a place. */
const retryAfterSeconds = 2;

export function createAtOnce(): AtOnce {
  const underWay = new Map<string, number>();

  function leave(name: string): void {
    const left = (underWay.get(name) ?? 0) - 1;
    if (left > 0) underWay.set(name, left);
    else underWay.delete(name);
  }

  return {
    enter(name, limit, what) {
      const before = underWay.get(name) ?? 0;
      if (before >= limit) {
        throw new GridholdError('RATE_LIMITED', `More than ${limit} ${what} at once`, {
          retryAfter: retryAfterSeconds,
        });
      }
      underWay.set(name, before + 1);
      let isOver = false;
      return () => {
        if (isOver) return;
        isOver = true;
        leave(name);
      };
    },
  };
}
