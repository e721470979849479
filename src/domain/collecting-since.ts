/**
 * Since when files are collected: not before this store has seen an attachment, for until then nobody may know of
 * them. Written once, so what was read once holds for good.
 */
import { readCollectingSince, writeCollectingSince } from '../storage/marker.ts';
import type { Store } from '../storage/store.ts';
import type { Scope } from '../storage/transaction.ts';

export interface CollectingSince {
  /** Null until the first attachment. */
  read(): Promise<Date | null>;
  /**
   * In an attach's own transaction. In a caller's it is left to the sweep: a transaction that the caller holds open
   * must not hold up everybody's first attach.
   */
  begin(scope: Scope): Promise<void>;
}

export function createCollectingSince(store: Store): CollectingSince {
  let known: Date | null = null;
  return {
    async read() {
      known ??= await readCollectingSince(store);
      return known;
    },
    async begin(scope) {
      if (known || scope.isCallers) return;
      known = await readCollectingSince(scope);
      if (!known) await writeCollectingSince(scope);
    },
  };
}
