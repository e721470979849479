/**
 * Rule 4, the other way round: a live blob has no lease, or a sweep could come to take its chunks. Repair removes the
 * lease where the blob is whole; of a damaged one rule 5 says what to do.
 */
import { chunkCountOf } from '../../storage/blobs.ts';
import { removeLease } from '../../storage/inspect/blob-repairs.ts';
import { readBlobState, readLease } from '../../storage/inspect/blob-states.ts';
import { chunkRowsOf, countChunks } from '../../storage/inspect/chunk-rows.ts';
import { type RecordKey, showKey } from '../../storage/inspect/record-keys.ts';
import type { Claim, Repaired, VerifyRun, Wrong } from './contract.ts';
import { inSnapshot, patiently } from './patience.ts';
import { firstDefect } from './whole-blob.ts';

export function claimOfLiveLease(run: VerifyRun, key: RecordKey): Claim {
  return {
    rule: 4,
    id: showKey(key),
    async check(scope) {
      const blob = await readBlobState(scope, key);
      const lease = blob && (await readLease(scope, key));
      return lease && { detail: `the blob is live, and has a lease (${lease.why})`, fixable: true };
    },
    look: (wrong) => lookAtChunks(run, key, wrong),
    repair: () => removeLeaseOf(run, key),
  };
}

async function lookAtChunks(run: VerifyRun, key: RecordKey, { detail }: Wrong): Promise<Wrong> {
  const { store } = run.context;
  const blob = await readBlobState(store, key);
  const defect = blob && (await patiently(run, () => firstDefect(blob, chunkRowsOf(store, key, run.signal))));
  if (!defect) return { detail, fixable: true };
  return { detail: `${detail}; its chunks are not as they should be`, fixable: false };
}

async function removeLeaseOf(run: VerifyRun, key: RecordKey): Promise<Repaired> {
  return await inSnapshot(run, async (scope) => {
    const blob = await readBlobState(scope, key);
    const lease = await readLease(scope, key);
    if (!blob || !lease) return { repaired: true, repair: 'it was gone meanwhile' };
    if ((await countChunks(scope, key)) !== chunkCountOf(blob.length)) {
      return { repaired: false, repair: 'chunks have gone meanwhile; verify again' };
    }
    await removeLease(scope, key);
    return { repaired: true, repair: `its lease (${lease.why}) was removed` };
  });
}
