/**
 * Rule 3, where files name a blob that has no record. Where an equal blob is live and whole, repair moves the files to
 * it. Else, where the chunks are whole and hash to what the files say, it makes the record anew. Never are these chunks
 * given to a sweep while a file names them.
 *
 * The record is made first and its files are counted afterwards: a delete in between writes no record that is not there,
 * so only the second transaction is sure. Dies in between: the count may be wrong, which the next run finds.
 */
import { chunkCountOf } from '../../storage/blobs.ts';
import { rebuildBlobRecord, removeLease } from '../../storage/inspect/blob-repairs.ts';
import {
  bytesByFilesOn,
  countFilesOn,
  readBlobState,
  readBlobStateBySha256,
  readLease,
} from '../../storage/inspect/blob-states.ts';
import { countChunks } from '../../storage/inspect/chunk-rows.ts';
import { objectIdOf, type RecordKey, showKey } from '../../storage/inspect/record-keys.ts';
import type { Scope } from '../../storage/transaction.ts';
import { countFilesAnew } from './blob-counts.ts';
import type { Claim, Repaired, VerifyRun, Wrong } from './contract.ts';
import { filesConcerned, storeAgain } from './files-concerned.ts';
import { findWholeEqual, moveAllFiles } from './move-files.ts';
import { inSnapshot } from './patience.ts';
import { isWhole } from './whole-blob.ts';

export function claimOfMissingBlob(run: VerifyRun, key: RecordKey): Claim {
  return {
    rule: 3,
    id: showKey(key),
    async check(scope) {
      if (await readBlobState(scope, key)) return null;
      const files = await countFilesOn(scope, key);
      if (files === 0) return null;
      const named = files === 1 ? '1 file names it' : `${files} files name it`;
      return { detail: `the blob has no record, and ${named}`, fixable: objectIdOf(key) !== null };
    },
    look: (wrong) => lookForBytes(run, key, wrong),
    repair: () => repairMissing(run, key),
  };
}

async function lookForBytes(run: VerifyRun, key: RecordKey, { detail, fixable }: Wrong): Promise<Wrong> {
  const { store } = run.context;
  const whose = `${detail}: ${await filesConcerned(run, key)}`;
  const bytes = fixable ? await bytesByFilesOn(store, key) : null;
  if (!bytes) return { detail: whose, fixable: false };
  if (await findWholeEqual(run, key, bytes))
    return { detail: `${whose}; an equal blob is live`, fixable: true };
  if (!bytes.agree) return { detail: `${whose}; they say different things of its bytes`, fixable: false };
  if (await isWhole(run, key, bytes)) {
    const lease = await readLease(store, key);
    return { detail: `${whose}; its chunks are whole`, fixable: lease === null || mayEnd(lease.why) };
  }
  return { detail: `${whose}; its bytes are not whole: ${storeAgain(bytes)}`, fixable: false };
}

/** Not where a writer is at it, and not where the chunks were removed. */
const mayEnd = (why: string): boolean => why === 'deleted' || why === 'abandoned';

async function repairMissing(run: VerifyRun, key: RecordKey): Promise<Repaired> {
  const { store } = run.context;
  if (await readBlobState(store, key))
    return await inSnapshot(run, (scope) => countFilesAnew(run, scope, key));
  const bytes = await bytesByFilesOn(store, key);
  if (!bytes) return { repaired: true, repair: 'no file names it any more' };
  const equal = await findWholeEqual(run, key, bytes);
  if (equal) return await moveAllFiles(run, key, equal, bytes);
  if (!bytes.agree || !(await isWhole(run, key, bytes)))
    return { repaired: false, repair: 'its chunks are not whole any more' };
  const outcome = await inSnapshot(run, (scope) => rebuild(scope, key, bytes));
  if (outcome === 'not possible') return { repaired: false, repair: 'somebody else is at it; repair again' };
  await inSnapshot(run, (scope) => countFilesAnew(run, scope, key));
  if (!(await isWhole(run, key, bytes)))
    return { repaired: false, repair: 'a sweep was at its chunks already' };
  return { repaired: true, repair: outcome };
}

/**
 * A sweep that has begun on a lease may still be at these chunks, and nothing stops it: such a blob stays off the index,
 * so that no new upload comes to rest on it.
 */
async function rebuild(
  scope: Scope,
  key: RecordKey,
  { sha256, size }: { readonly sha256: string; readonly size: number },
): Promise<string> {
  if (await readBlobState(scope, key)) return 'its record was there again meanwhile';
  const lease = await readLease(scope, key);
  const isFree = lease === null || mayEnd(lease.why);
  const fileCount = await countFilesOn(scope, key);
  const hasChunks = (await countChunks(scope, key)) === chunkCountOf(size);
  if (!isFree || !hasChunks || fileCount === 0) return 'not possible';
  const isOnIndex = lease === null && (await readBlobStateBySha256(scope, sha256)) === null;
  await rebuildBlobRecord(scope, key, { length: size, sha256, fileCount, isOnIndex });
  if (lease) await removeLease(scope, key);
  return `its record was made anew, ${isOnIndex ? 'on' : 'off'} the SHA-256 index${lease ? ', and its lease removed' : ''}`;
}
