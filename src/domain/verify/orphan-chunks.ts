/**
 * Rule 4: every chunk belongs to a live blob or to a lease. Repair deletes no chunk itself: it gives them a `deleted`
 * lease, in a transaction that finds once more that they are nobody's, and a sweep takes them after the delay. Chunks
 * that a file still names are rule 3's: they may be the only copy of its bytes.
 */
import { countFilesOn, readBlobState, readLease } from '../../storage/inspect/blob-states.ts';
import { countChunks } from '../../storage/inspect/chunk-rows.ts';
import { objectIdOf, type RecordKey, showKey } from '../../storage/inspect/record-keys.ts';
import { leaseDeletedBlob } from '../../storage/leases.ts';
import type { Scope } from '../../storage/transaction.ts';
import type { Claim, VerifyRun } from './contract.ts';
import { inSnapshot } from './patience.ts';

export function claimOfOrphans(run: VerifyRun, owner: RecordKey): Claim {
  const blobId = objectIdOf(owner);
  return {
    rule: 4,
    id: showKey(owner),
    async check(scope) {
      const chunks = await countNobodysChunks(scope, owner);
      if (chunks === 0) return null;
      const what = chunks === 1 ? '1 chunk belongs' : `${chunks} chunks belong`;
      const detail = `${what} to no live blob and no lease`;
      return blobId
        ? { detail, fixable: true }
        : { detail: `${detail}, and Gridhold did not write it`, fixable: false };
    },
    repair: () =>
      inSnapshot(run, async (scope) => {
        const chunks = await countNobodysChunks(scope, owner);
        if (!blobId || chunks === 0) return { repaired: true, repair: 'they were gone meanwhile' };
        await leaseDeletedBlob(scope, blobId, run.context.settings.chunkDelayMs);
        return { repaired: true, repair: 'given a lease: they go with the sweep' };
      }),
  };
}

async function countNobodysChunks(scope: Scope, owner: RecordKey): Promise<number> {
  if ((await readBlobState(scope, owner)) || (await readLease(scope, owner))) return 0;
  if ((await countFilesOn(scope, owner)) > 0) return 0;
  return await countChunks(scope, owner);
}
