/**
 * Since when files are collected: not before this store has seen an attachment, for until then its apps may not attach
 * at all. Written once, so what was read once holds for good.
 */
import { readCollectingSince, writeCollectingSince } from '../storage/marker.ts';
import type { Store } from '../storage/store.ts';
import type { Scope } from '../storage/transaction.ts';

export interface CollectingSince {
  /** Null until the first attachment, by a look that may be a second old. Those who ask at once share one command. */
  read(): Promise<Date | null>;
  /**
   * In an attach's own transaction. In a caller's it is left to the sweep: a transaction that the caller holds open
   * must not hold up everybody's first attach.
   */
  begin(scope: Scope): Promise<void>;
  /** A look that began after the call: what a sweep decides by. */
  refresh(): Promise<Date | null>;
}

const nullIsFreshMs = 1_000;

export function createCollectingSince(store: Store): CollectingSince {
  let known: Date | null = null;
  let lookedAt = -Infinity;
  let reading: Promise<Date | null> | null = null;
  const look = async (): Promise<Date | null> => {
    try {
      known ??= await readCollectingSince(store);
      lookedAt = performance.now();
      return known;
    } finally {
      reading = null;
    }
  };
  return {
    async read() {
      if (known || performance.now() - lookedAt < nullIsFreshMs) return known;
      reading ??= look();
      return await reading;
    },
    async begin(scope) {
      if (known || scope.isCallers) return;
      if (await readCollectingSince(scope)) return;
      lookedAt = -Infinity;
      await writeCollectingSince(scope);
    },
    refresh: () => look(),
  };
}
