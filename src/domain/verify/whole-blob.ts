/** Whether a blob's chunks are what its record says: the first defect, named exactly; and its bytes, by their hash. */
import { chunkBytes, chunkCountOf } from '../../storage/blobs.ts';
import type { BlobState } from '../../storage/inspect/blob-states.ts';
import { type ChunkRow, chunkRowsOf, sha256OfBlobs, showNumber } from '../../storage/inspect/chunk-rows.ts';
import type { RecordKey } from '../../storage/inspect/record-keys.ts';
import type { VerifyRun } from './contract.ts';
import { patiently } from './patience.ts';

/** What shows the defect: a chunk that is missing, or one that is there. */
export type Evidence = { readonly missing: number } | { readonly present: unknown };

export interface Defect {
  readonly detail: string;
  /** Null: the record itself. */
  readonly evidence: Evidence | null;
}

type Measured = Pick<BlobState, 'length' | 'malformed'>;

export function missingChunk(blob: Measured, n: number): Defect | null {
  const count = chunkCountOf(blob.length);
  return n < count ? { detail: `chunk ${n} of ${count} is missing`, evidence: { missing: n } } : null;
}

/** What is wrong with one chunk by itself. */
export function defectOfChunk(blob: Measured, row: ChunkRow): Defect | null {
  const evidence = { present: row.rawNumber };
  const { n, size, dataType } = row;
  const count = chunkCountOf(blob.length);
  if (n === null || n < 0) return { detail: `a chunk has the number ${showNumber(row)}`, evidence };
  if (size === null) return { detail: `chunk ${n} holds no bytes but BSON's ${dataType}`, evidence };
  if (n >= count) {
    // Old drivers wrote an empty chunk for an empty file, and readers must take it (GridFS specification).
    if (n === 0 && size === 0) return null;
    return { detail: `chunk ${n} is one too many: ${blob.length} bytes have ${count}`, evidence };
  }
  const expected = Math.min(chunkBytes, blob.length - n * chunkBytes);
  return size === expected ? null : { detail: `chunk ${n} has ${size} of ${expected} bytes`, evidence };
}

/** @param rows in the order of their numbers */
export async function firstDefect(
  blob: Measured,
  rows: AsyncIterable<ChunkRow> | Iterable<ChunkRow>,
): Promise<Defect | null> {
  if (blob.malformed !== null) return { detail: blob.malformed, evidence: null };
  let expected = 0;
  for await (const row of rows) {
    const isGap = row.n !== null && row.n > expected;
    const defect = (isGap ? missingChunk(blob, expected) : null) ?? defectOfChunk(blob, row);
    if (defect) return defect;
    expected += 1;
  }
  return missingChunk(blob, expected);
}

/** All of its chunks are there, of the right size, and hash to the SHA-256. Reads the whole blob, a few chunks a command. */
export async function isWhole(
  run: VerifyRun,
  key: RecordKey,
  bytes: { readonly size: number; readonly sha256: string },
): Promise<boolean> {
  const { store } = run.context;
  const blob = { length: bytes.size, malformed: null };
  if (await patiently(run, () => firstDefect(blob, chunkRowsOf(store, key, run.signal)))) return false;
  const hashes = await patiently(run, () => sha256OfBlobs(store, [key], run.signal));
  return hashes.get(key.text) === bytes.sha256;
}
