/**
 * The addresses of a host's name, as this machine resolves names. Slow name servers of strangers must not hold the few
 * threads that Node has for files and names: two look-ups at once leave the others free, and further ones wait. One
 * caller has one of the two at most, and callers take turns: whose names are slow waits for them alone.
 */
import { lookup as systemLookUp } from 'node:dns/promises';
import { GridholdError } from '../errors/gridhold-error.ts';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/**
 * @param by who asks, by any name
 * @param signal ends the wait for a place; a look-up itself can't be ended
 * @throws what the resolver throws; an empty list is as good as ENOTFOUND
 */
export type LookUp = (
  hostname: string,
  by?: string,
  signal?: AbortSignal,
) => Promise<readonly ResolvedAddress[]>;

const mostAtOnce = 2;
const mostWaiting = 1_000;

export function createSystemLookUp(
  resolve: (hostname: string) => Promise<readonly ResolvedAddress[]> = (hostname) =>
    systemLookUp(hostname, { all: true }),
): LookUp {
  const underWay = new Set<string>();
  /** What lets each in, in the order in which they came, by callers in the order of their turns. */
  const waiting = new Map<string, Set<() => void>>();
  let waitingCount = 0;

  function letIn(): void {
    for (const [by, entrances] of waiting) {
      if (underWay.size >= mostAtOnce) return;
      const [enter] = entrances;
      if (underWay.has(by) || !enter) continue;
      remove(by, enter);
      underWay.add(by);
      enter();
    }
  }

  /** The caller's next one comes after those of all others. */
  function endTurn(by: string): void {
    underWay.delete(by);
    const entrances = waiting.get(by);
    waiting.delete(by);
    if (entrances) waiting.set(by, entrances);
    letIn();
  }

  function add(by: string, enter: () => void): void {
    const entrances = waiting.get(by) ?? new Set();
    waiting.set(by, entrances.add(enter));
    waitingCount += 1;
  }

  /** @returns whether it still waited */
  function remove(by: string, enter: () => void): boolean {
    const entrances = waiting.get(by);
    if (!entrances?.delete(enter)) return false;
    if (entrances.size === 0) waiting.delete(by);
    waitingCount -= 1;
    return true;
  }

  /** @throws FETCH_FAILED where too many wait, or the signal's reason */
  async function place(by: string, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (waitingCount >= mostWaiting) {
      throw new GridholdError('FETCH_FAILED', 'Too many names wait to be looked up');
    }
    let abort = (): void => undefined;
    const entered = new Promise<void>((enter, reject) => {
      abort = () => {
        if (remove(by, enter)) reject(signal?.reason);
      };
      add(by, enter);
    });
    signal?.addEventListener('abort', abort, { once: true });
    letIn();
    try {
      await entered;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  return async (hostname, by = '', signal = undefined) => {
    await place(by, signal);
    try {
      return await resolve(hostname);
    } finally {
      endTurn(by);
    }
  };
}
