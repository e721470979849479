/** A file lets go of its blob, in the transaction that deletes the file. The last one leaves the chunks a lease. */
import { countDownBlob, deleteBlobRecord } from '../storage/blobs.ts';
import { leaseDeletedBlob } from '../storage/leases.ts';
import type { FileRecord } from '../storage/records.ts';
import type { Scope } from '../storage/transaction.ts';

/** @param chunkDelayMs so long may downloads that began before go on */
export async function releaseBlob(
  scope: Scope,
  blobId: FileRecord['blobId'],
  chunkDelayMs: number,
): Promise<void> {
  const filesLeft = await countDownBlob(scope, blobId);
  if (filesLeft === null || filesLeft > 0) return;
  await deleteBlobRecord(scope, blobId);
  await leaseDeletedBlob(scope, blobId, chunkDelayMs);
}
