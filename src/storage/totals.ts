/** Sums over all files and blobs: a whole pass each. */
import type { Scope } from './transaction.ts';

export interface FileTotals {
  readonly fileCount: number;
  readonly totalSize: number;
  readonly unreferencedCount: number;
  readonly unreferencedSize: number;
  readonly byContentType: readonly { contentType: string; fileCount: number; totalSize: number }[];
}

/** Types beyond these are left out of the list, not of the sums. */
const mostContentTypes = 1_000;

export async function totalsOfFiles(scope: Scope, maxTimeMS: number): Promise<FileTotals> {
  const isUnreferenced = { $eq: ['$refCount', 0] };
  const rows = await scope.in.files
    .aggregate<{
      _id: string;
      fileCount: number;
      totalSize: number;
      unreferencedCount: number;
      unreferencedSize: number;
    }>(
      [
        {
          $group: {
            _id: { $arrayElemAt: [{ $split: ['$contentType', ';'] }, 0] },
            fileCount: { $sum: 1 },
            totalSize: { $sum: '$size' },
            unreferencedCount: { $sum: { $cond: [isUnreferenced, 1, 0] } },
            unreferencedSize: { $sum: { $cond: [isUnreferenced, '$size', 0] } },
          },
        },
        { $sort: { totalSize: -1, _id: 1 } },
      ],
      { maxTimeMS },
    )
    .toArray();
  const sum = (pick: (row: (typeof rows)[number]) => number): number =>
    rows.reduce((total, row) => total + pick(row), 0);
  return {
    fileCount: sum((row) => row.fileCount),
    totalSize: sum((row) => row.totalSize),
    unreferencedCount: sum((row) => row.unreferencedCount),
    unreferencedSize: sum((row) => row.unreferencedSize),
    byContentType: rows
      .slice(0, mostContentTypes)
      .map(({ _id, fileCount, totalSize }) => ({ contentType: _id, fileCount, totalSize })),
  };
}

/** Bytes actually kept. */
export async function totalsOfBlobs(scope: Scope, maxTimeMS: number): Promise<number> {
  const [row] = await scope.in.blobs
    .aggregate<{ bytes: number }>([{ $group: { _id: null, bytes: { $sum: '$length' } } }], { maxTimeMS })
    .toArray();
  return row?.bytes ?? 0;
}
