/**
 * Rule 5: a live blob's chunks are what its record says, and with the deep look hash to its SHA-256. What is seen again
 * in a snapshot takes the blob off the SHA-256 index in that same transaction, repair or not: the next equal upload then
 * becomes live beside it. Repair moves the files to such an equal blob, once there is one.
 */
import { takeOffIndex } from '../../storage/inspect/blob-repairs.ts';
import { type BlobState, bytesByFilesOn, readBlobState } from '../../storage/inspect/blob-states.ts';
import { readChunkRow } from '../../storage/inspect/chunk-rows.ts';
import { type RecordKey, showKey } from '../../storage/inspect/record-keys.ts';
import type { Scope } from '../../storage/transaction.ts';
import type { Claim, Repaired, VerifyRun, Wrong } from './contract.ts';
import { filesConcerned, storeAgain } from './files-concerned.ts';
import { findWholeEqual, moveAllFiles } from './move-files.ts';
import { type Defect, defectOfChunk, missingChunk } from './whole-blob.ts';

export function claimOfDamage(run: VerifyRun, key: RecordKey, claimed: Defect): Claim {
  return {
    rule: 5,
    id: showKey(key),
    async check(scope) {
      const blob = await readBlobState(scope, key);
      const defect = blob && (await seenAgain(scope, blob, claimed));
      if (!defect) return null;
      const wasOnIndex = await takeOffIndex(scope, key);
      const { detail } = defect;
      return { detail: wasOnIndex ? `${detail}; taken off the SHA-256 index` : detail, fixable: true };
    },
    look: (wrong) => lookForEqual(run, key, wrong),
    repair: () => repairDamaged(run, key),
  };
}

async function seenAgain(scope: Scope, blob: BlobState, claimed: Defect): Promise<Defect | null> {
  if (blob.malformed !== null) return { detail: blob.malformed, evidence: null };
  const { evidence } = claimed;
  // Bytes were hashed twice; chunks never change, so the record's being there is what is left to see.
  if (!evidence) return claimed;
  if ('missing' in evidence) {
    const row = await readChunkRow(scope, blob.key, evidence.missing);
    return row ? defectOfChunk(blob, row) : missingChunk(blob, evidence.missing);
  }
  const row = await readChunkRow(scope, blob.key, evidence.present);
  return row && defectOfChunk(blob, row);
}

/** By what the files say: the record may be the one that is wrong. */
async function lookForEqual(run: VerifyRun, key: RecordKey, { detail }: Wrong): Promise<Wrong> {
  const { store } = run.context;
  const bytes = await bytesByFilesOn(store, key);
  // A blob that no file is on is rule 3's, or somebody else's.
  if (!bytes) return { detail, fixable: false };
  const whose = `${detail}; ${await filesConcerned(run, key)}`;
  if (await findWholeEqual(run, key, bytes))
    return { detail: `${whose}; an equal blob is live`, fixable: true };
  return { detail: `${whose}; ${storeAgain(bytes)}`, fixable: false };
}

async function repairDamaged(run: VerifyRun, key: RecordKey): Promise<Repaired> {
  const bytes = await bytesByFilesOn(run.context.store, key);
  if (!bytes) return { repaired: true, repair: 'no file is on it any more' };
  const equal = await findWholeEqual(run, key, bytes);
  if (!equal) return { repaired: false, repair: `the equal blob is gone; ${storeAgain(bytes)}` };
  return await moveAllFiles(run, key, equal, bytes);
}
