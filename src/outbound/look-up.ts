/**
 * The addresses of a host's name, as this machine resolves names. Slow name servers of strangers must not hold the few
 * threads that Node has for files and names: two look-ups at once leave the others free, and further ones wait.
 */
import { lookup as systemLookUp } from 'node:dns/promises';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** @throws what the resolver throws; an empty list is as good as ENOTFOUND */
export type LookUp = (hostname: string) => Promise<readonly ResolvedAddress[]>;

const mostAtOnce = 2;

export function createSystemLookUp(
  resolve: LookUp = (hostname) => systemLookUp(hostname, { all: true }),
): LookUp {
  let underWay = 0;
  const waiting: (() => void)[] = [];
  return async (hostname) => {
    if (underWay >= mostAtOnce) await new Promise<void>((turn) => waiting.push(turn));
    else underWay += 1;
    try {
      return await resolve(hostname);
    } finally {
      const next = waiting.shift();
      // Whoever waits takes over the place of this one.
      if (next) next();
      else underWay -= 1;
    }
  };
}
