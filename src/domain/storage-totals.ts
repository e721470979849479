/** What the store holds, in numbers that may be up to a minute old: they cost a pass over all files. */
import { serverNow } from '../storage/store.ts';
import { totalsOfBlobs, totalsOfFiles } from '../storage/totals.ts';
import { ownersWithin } from './access.ts';
import type { DomainContext } from './context.ts';
import type { Caller, StorageTotals } from './model.ts';

const freshMs = 60_000;
const mostTimeMs = 30_000;

/** Concurrent callers share one computation. A failed one is not kept. */
export function createStorageTotals(context: DomainContext): (caller: Caller) => Promise<StorageTotals> {
  let computed: { readonly totals: Promise<StorageTotals>; readonly at: number } | null = null;
  return async (caller) => {
    ownersWithin(caller, 'oversee');
    if (computed && performance.now() - computed.at < freshMs) return await computed.totals;
    const totals = compute(context);
    const mine = { totals, at: performance.now() };
    computed = mine;
    totals.catch(() => {
      if (computed === mine) computed = null;
    });
    return await totals;
  };
}

async function compute(context: DomainContext): Promise<StorageTotals> {
  const asOf = await serverNow(context.store);
  const [files, storedSize, collectingSince] = await Promise.all([
    totalsOfFiles(context.store, mostTimeMs),
    totalsOfBlobs(context.store, mostTimeMs),
    context.collecting.read(),
  ]);
  return { ...files, storedSize, collectingSince, asOf };
}
