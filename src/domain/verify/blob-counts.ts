/**
 * Rule 3, where the blob's record is there: `metadata.fileCount` is the number of its files, and never 0. Repair counts
 * anew in a transaction that writes the blob, as every finalize and delete on it does. A blob without files is released
 * as the last delete would have done: the record goes, and its chunks get a lease.
 */
import { removeBlobRecord, writeFileCountOfBlob } from '../../storage/inspect/blob-repairs.ts';
import {
  type BlobState,
  countFilesOn,
  hasFileOfUnknownBlob,
  readBlobState,
} from '../../storage/inspect/blob-states.ts';
import { objectIdOf, type RecordKey, showKey, showValue } from '../../storage/inspect/record-keys.ts';
import { leaseDeletedBlob } from '../../storage/leases.ts';
import type { Scope } from '../../storage/transaction.ts';
import type { Claim, Repaired, VerifyRun, Wrong } from './contract.ts';
import { inSnapshot } from './patience.ts';

export function isCountWrong(blob: BlobState, files: number): boolean {
  return blob.fileCount !== files || files === 0;
}

export function claimOfBlobCount(run: VerifyRun, key: RecordKey): Claim {
  return {
    rule: 3,
    id: showKey(key),
    async check(scope) {
      const blob = await readBlobState(scope, key);
      return blob && whatIsWrongWith(blob, await countFilesOn(scope, key));
    },
    repair: () => inSnapshot(run, (scope) => countFilesAnew(run, scope, key)),
  };
}

function whatIsWrongWith(blob: BlobState, files: number): Wrong | null {
  if (!isCountWrong(blob, files)) return null;
  const count = `metadata.fileCount is ${showValue(blob.rawFileCount)}`;
  if (files > 0)
    return {
      detail: `${count}, and it has ${files === 1 ? '1 file' : `${files} files`}`,
      fixable: blob.takesCount,
    };
  // Apps that put files into any bucket name them by their SHA-256, too: our records have a count besides.
  const isOurs = objectIdOf(blob.key) !== null && blob.sha256 !== null && blob.rawFileCount !== undefined;
  const detail = isOurs
    ? `${count}, and no file is on it`
    : `${count}, no file is on it, and Gridhold did not write it`;
  return { detail, fixable: isOurs };
}

/** In a transaction. */
export async function countFilesAnew(run: VerifyRun, scope: Scope, key: RecordKey): Promise<Repaired> {
  const blob = await readBlobState(scope, key);
  if (!blob) return { repaired: true, repair: 'the blob was gone meanwhile' };
  const files = await countFilesOn(scope, key);
  if (!isCountWrong(blob, files)) return { repaired: true, repair: 'it was right meanwhile' };
  if (files > 0) {
    await writeFileCountOfBlob(scope, key, files);
    return { repaired: true, repair: `counted anew: metadata.fileCount ${files}` };
  }
  if (await hasFileOfUnknownBlob(scope)) {
    return {
      repaired: false,
      repair: 'not released: a file names its blob by what is no ObjectId, and may mean it',
    };
  }
  await releaseRecord(run, scope, key);
  return { repaired: true, repair: 'released: its record is gone, its chunks go with the sweep' };
}

/** In a transaction that found no file on it. */
async function releaseRecord(run: VerifyRun, scope: Scope, key: RecordKey): Promise<void> {
  const blobId = objectIdOf(key);
  if (!blobId) throw new Error(`The blob ${showKey(key)} is none of Gridhold's`);
  await removeBlobRecord(scope, key);
  await leaseDeletedBlob(scope, blobId, run.context.settings.chunkDelayMs);
}
