/** How many uploads of each are under way in this process: what they hold, connections and buffers, is its own. */

export interface UploadsAtOnce {
  /** @returns what ends it, safe to repeat; null where there are as many as may be */
  enter(name: string, limit: number): (() => void) | null;
}

export function createUploadsAtOnce(): UploadsAtOnce {
  const underWay = new Map<string, number>();

  function leave(name: string): void {
    const left = (underWay.get(name) ?? 0) - 1;
    if (left > 0) underWay.set(name, left);
    else underWay.delete(name);
  }

  return {
    enter(name, limit) {
      const before = underWay.get(name) ?? 0;
      if (before >= limit) return null;
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
