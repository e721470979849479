/**
 * One budget of bytes for the whole process, shared by writers that hold chunks until MongoDB has them and by readers
 * that read ahead. First come, first served; nobody holds any of it while waiting for more.
 */
export interface ByteBudget {
  /** Takes the bytes if they are free and nobody waits. */
  tryTake(bytes: number): boolean;
  /** Waits until they are free. */
  take(bytes: number): Promise<void>;
  release(bytes: number): void;
  readonly totalBytes: number;
  readonly usedBytes: number;
  /** How many wait for some of it. */
  readonly waiting: number;
}

export function createByteBudget(totalBytes: number): ByteBudget {
  let free = totalBytes;
  const waiting: { readonly bytes: number; readonly proceed: () => void }[] = [];
  const tryTake = (bytes: number): boolean => {
    if (waiting.length > 0 || bytes > free) return false;
    free -= bytes;
    return true;
  };
  return {
    totalBytes,
    get usedBytes() {
      return totalBytes - free;
    },
    get waiting() {
      return waiting.length;
    },
    tryTake,
    take(bytes) {
      if (bytes > totalBytes) throw new RangeError(`${bytes} bytes are more than the whole budget`);
      if (tryTake(bytes)) return Promise.resolve();
      return new Promise((resolve) => waiting.push({ bytes, proceed: resolve }));
    },
    release(bytes) {
      free += bytes;
      for (let next = waiting[0]; next && next.bytes <= free; next = waiting[0]) {
        waiting.shift();
        free -= next.bytes;
        next.proceed();
      }
    },
  };
}
