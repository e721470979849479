/**
 * Who may ask MongoDB for chunks now. Many readers that begin at once fill their connections' buffers first, megabytes
 * each, and whoever came after them would wait for all of it. So only a few ask at a time, and those that have had
 * little go before those that have had much.
 */
export interface ReadTurns {
  /** Does the work when its turn comes. Rejects as the work does. */
  run<T>(isNewcomer: boolean, work: () => Promise<T>): Promise<T>;
}

/** Of so many turns in a row that newcomers have, the next is somebody else's: a flood of them stops nobody. */
const newcomersInRow = 3;
/** Where MongoDB hangs, who waits for a turn must not wait for everybody before it to fail. */
const longestWaitMs = 10_000;

export function createReadTurns(atOnce: number): ReadTurns {
  const newcomers = new Set<() => void>();
  const others = new Set<() => void>();
  let underWay = 0;
  let inRow = 0;

  function next(): (() => void) | undefined {
    const isOthers = newcomers.size === 0 || (others.size > 0 && inRow >= newcomersInRow);
    inRow = isOthers ? 0 : inRow + 1;
    const [first] = isOthers ? others : newcomers;
    return first;
  }

  function wait(queue: Set<() => void>): Promise<void> {
    return new Promise((resolve) => {
      const proceed = (): void => {
        clearTimeout(timer);
        queue.delete(proceed);
        underWay += 1;
        resolve();
      };
      const timer = setTimeout(proceed, longestWaitMs);
      queue.add(proceed);
    });
  }

  return {
    async run(isNewcomer, work) {
      if (underWay < atOnce) underWay += 1;
      else await wait(isNewcomer ? newcomers : others);
      try {
        return await work();
      } finally {
        underWay -= 1;
        if (underWay < atOnce) next()?.();
      }
    },
  };
}
