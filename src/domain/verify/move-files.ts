/**
 * Files leave a blob that is damaged or has no record for an equal one that is whole. Some hundred in a transaction that
 * writes the files and both counts: a delete, a finalize or another repair of any of them conflicts. The last one takes
 * the record away and leaves the chunks a lease. Dies in between: what is moved is moved, and the rest can be.
 */
import { chunkCountOf } from '../../storage/blobs.ts';
import { addToFileCount, moveFiles, removeBlobRecord } from '../../storage/inspect/blob-repairs.ts';
import {
  countFilesOn,
  hasFilesOn,
  readBlobState,
  readBlobStateBySha256,
  readLease,
} from '../../storage/inspect/blob-states.ts';
import { countChunks } from '../../storage/inspect/chunk-rows.ts';
import { objectIdOf, type RecordKey, showKey } from '../../storage/inspect/record-keys.ts';
import { leaseDeletedBlob } from '../../storage/leases.ts';
import type { Scope } from '../../storage/transaction.ts';
import type { Repaired, VerifyRun } from './contract.ts';
import { inSnapshot } from './patience.ts';
import { isWhole } from './whole-blob.ts';

const filesPerTransaction = 500;

interface Bytes {
  readonly sha256: string;
  readonly size: number;
}

/** Another live blob of these bytes, on the index, read and hashed: files are moved for good. */
export async function findWholeEqual(
  run: VerifyRun,
  key: RecordKey,
  bytes: Bytes,
): Promise<RecordKey | null> {
  const equal = await readBlobStateBySha256(run.context.store, bytes.sha256);
  if (!equal || equal.malformed !== null || equal.key.text === key.text || equal.length !== bytes.size)
    return null;
  // Nothing can be added to what is no number: rule 3 mends it, perhaps on a later page.
  if (equal.fileCount === null) return null;
  return (await isWhole(run, equal.key, bytes)) ? equal.key : null;
}

export async function moveAllFiles(
  run: VerifyRun,
  from: RecordKey,
  to: RecordKey,
  bytes: Bytes,
): Promise<Repaired> {
  let moved = 0;
  // Bounded by its files: no more come to a blob that is off the index.
  for (;;) {
    const round = await inSnapshot(run, (scope) => moveSome(run, scope, from, to, bytes));
    if (round === 'no target') return { repaired: false, repair: 'the equal blob is gone; repair again' };
    moved += round.moved;
    const what = `${moved === 1 ? '1 file' : `${moved} files`} moved to blob ${showKey(to)}`;
    if (round.left === 0) return { repaired: true, repair: `${what}, and this one released` };
    if (round.moved === 0) {
      const rest = round.left === 1 ? '1 file stays' : `${round.left} files stay`;
      return { repaired: false, repair: `${what}; ${rest}, of other bytes` };
    }
  }
}

/** `left`: so many stay; null: perhaps some. */
async function moveSome(
  run: VerifyRun,
  scope: Scope,
  from: RecordKey,
  to: RecordKey,
  bytes: Bytes,
): Promise<{ readonly moved: number; readonly left: number | null } | 'no target'> {
  const target = await readBlobState(scope, to);
  const isThere = target?.indexedSha256 === bytes.sha256 && target.length === bytes.size;
  if (!isThere || target.fileCount === null || (await countChunks(scope, to)) !== chunkCountOf(bytes.size))
    return 'no target';
  const source = await readBlobState(scope, from);
  const moved = await moveFiles(scope, from, to, bytes, filesPerTransaction);
  if (moved > 0) {
    await addToFileCount(scope, to, moved);
    if (source && source.fileCount !== null) await addToFileCount(scope, from, -moved);
  }
  // Counted each time, many files would take as long as the square of their number.
  if (moved === filesPerTransaction && (await hasFilesOn(scope, from))) return { moved, left: null };
  const left = await countFilesOn(scope, from);
  if (left === 0) await release(run, scope, from, source !== null);
  return { moved, left };
}

async function release(run: VerifyRun, scope: Scope, key: RecordKey, hasRecord: boolean): Promise<void> {
  const blobId = objectIdOf(key);
  if (hasRecord) await removeBlobRecord(scope, key);
  // A lease that is there goes its own way: it may be a writer's.
  const isOrphan = (await countChunks(scope, key)) > 0 && (hasRecord || !(await readLease(scope, key)));
  if (blobId && isOrphan) await leaseDeletedBlob(scope, blobId, run.context.settings.chunkDelayMs);
}
