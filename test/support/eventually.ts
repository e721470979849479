/** Waiting for what comes of itself, however slow the machine is: a minute is no claim about time. */
import { expect } from 'vitest';

/** @example await eventually(() => count()).toBe(1) */
export function eventually<T>(look: () => T): ReturnType<typeof expect.poll<T>> {
  return expect.poll(look, { timeout: 60_000, interval: 20 });
}
