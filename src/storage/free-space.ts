/** How much more may be written before MongoDB's disk is full. What is too little is the domain's to say. */
import { collectionNames } from './collections.ts';
import type { Store } from './store.ts';

export interface FreeSpace {
  /** Free bytes of the file system that MongoDB writes to; of several shards, the one with the fewest. */
  readonly diskBytes: number;
  /** What removed chunks have left inside their collection's file: WiredTiger uses it again, and gives nothing back. */
  readonly reusableBytes: number;
}

const mostTimeMs = 5_000;

/** @returns null where this MongoDB does not tell: some hosted ones don't. @throws the driver's errors */
export async function readFreeSpace(store: Store): Promise<FreeSpace | null> {
  const stats = await store.db.command({ dbStats: 1, maxTimeMS: mostTimeMs });
  // A router answers for its shards, and how they share the chunks is not known here.
  const shards: unknown = stats['raw'];
  const disks = isRecord(shards) ? Object.values(shards) : [stats];
  const free = disks.map(freeOf);
  if (free.length === 0 || free.some((bytes) => bytes === null)) return null;
  const diskBytes = Math.min(...free.map((bytes) => bytes ?? 0));
  return { diskBytes, reusableBytes: isRecord(shards) ? 0 : await readReusable(store) };
}

async function readReusable(store: Store): Promise<number> {
  const [chunks] = await store.db
    .collection(collectionNames.chunks)
    .aggregate(
      [{ $collStats: { storageStats: {} } }, { $project: { bytes: '$storageStats.freeStorageSize' } }],
      {
        maxTimeMS: mostTimeMs,
      },
    )
    .toArray();
  return bytesIn(chunks?.['bytes']) ?? 0;
}

function freeOf(stats: unknown): number | null {
  if (!isRecord(stats)) return null;
  const total = bytesIn(stats['fsTotalSize']);
  const used = bytesIn(stats['fsUsedSize']);
  return total === null || used === null || total <= 0 ? null : Math.max(0, total - used);
}

function bytesIn(value: unknown): number | null {
  const bytes = Number(value ?? Number.NaN);
  return Number.isFinite(bytes) && bytes >= 0 ? bytes : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
