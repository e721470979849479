/** Chunks as verify looks at them: their numbers and sizes, measured inside MongoDB, and the SHA-256 of whole blobs. */
import { createHash, type Hash } from 'node:crypto';
import type { Document } from 'mongodb';
import { isBson } from '../driver-kinds.ts';
import { inSession, type Scope } from '../transaction.ts';
import {
  boundsOf,
  countOf,
  findBetween,
  highest,
  type KeyRange,
  keyBeyond,
  pageEnd,
  type Rows,
  scanTimeMs,
} from './key-ranges.ts';
import { asSent, type RecordKey, recordKey, showValue, wholeNumber } from './record-keys.ts';

export interface ChunkRow {
  readonly owner: RecordKey;
  /** Null: it is no whole number. */
  readonly n: number | null;
  readonly rawNumber: unknown;
  /** Bytes; null: its data are none. */
  readonly size: number | null;
  /** BSON's name of what `data` is. */
  readonly dataType: string;
}

/** The chunks under one blobId. */
export interface ChunkRun {
  readonly owner: RecordKey;
  /** In the order of their numbers; the first ones only, where `isCut`. */
  readonly rows: readonly ChunkRow[];
  readonly isCut: boolean;
  /** Of all of them. */
  readonly count: number;
}

const index = ['files_id', 'n'];
const isBinary = { $eq: [{ $type: '$data' }, 'binData'] };
const rowFields = {
  _id: 0,
  files_id: 1,
  n: 1,
  size: { $cond: [isBinary, { $binarySize: '$data' }, null] },
  dataType: { $type: '$data' },
};

function toRow(record: Document): ChunkRow {
  return {
    owner: recordKey(record['files_id']),
    n: wholeNumber(record['n']),
    rawNumber: record['n'],
    size: wholeNumber(record['size']),
    dataType: record['dataType'],
  };
}

export const showNumber = ({ n, rawNumber }: ChunkRow): string =>
  n === null ? showValue(rawNumber) : String(n);

/** What lies under each blobId. One with more chunks than a page has is a page by itself, cut. */
export async function chunkRunsIn(scope: Scope, range: KeyRange, limit: number): Promise<Rows<ChunkRun>> {
  const found = await findBetween(scope, scope.in.chunks, index, boundsOf(range), {
    limit: limit + 1,
    projection: rowFields,
  }).toArray();
  const runs = runsOf(found.map(toRow));
  if (found.length <= limit) return { rows: runs, next: null };
  const cut = runs.pop();
  if (!cut) return { rows: runs, next: null };
  if (runs.length > 0)
    return { rows: runs, next: await pageEnd(scope, scope.in.chunks, index, range, cut.owner, limit) };
  const next = await keyBeyond(scope, scope.in.chunks, index, range, cut.owner, limit);
  const count = await countChunks(scope, cut.owner);
  return { rows: [{ ...cut, isCut: true, count }], next };
}

function runsOf(rows: readonly ChunkRow[]): ChunkRun[] {
  const runs: { owner: RecordKey; rows: ChunkRow[] }[] = [];
  for (const row of rows) {
    const last = runs.at(-1);
    if (last?.owner.text === row.owner.text) last.rows.push(row);
    else runs.push({ owner: row.owner, rows: [row] });
  }
  return runs.map((run) => ({ ...run, isCut: false, count: run.rows.length }));
}

/** All chunks under a blobId, in the order of their numbers, some thousand a command. */
export async function* chunkRowsOf(
  scope: Scope,
  owner: RecordKey,
  signal?: AbortSignal,
): AsyncGenerator<ChunkRow, void, void> {
  const limit = 2_000;
  let min: unknown[] | null = [owner.value];
  while (min) {
    signal?.throwIfAborted();
    const found: Document[] = await findBetween(
      scope,
      scope.in.chunks,
      index,
      { min, max: [owner.value, highest] },
      { limit: limit + 1, projection: rowFields },
    ).toArray();
    const beyond = found.length > limit ? found.pop() : undefined;
    for (const record of found) yield toRow(record);
    min = beyond ? [owner.value, asSent(beyond['n'])] : null;
  }
}

export async function countChunks(scope: Scope, owner: RecordKey): Promise<number> {
  return await countOf(scope, scope.in.chunks, index, owner);
}

/** One chunk by its number, whatever type that has. */
export async function readChunkRow(scope: Scope, owner: RecordKey, n: unknown): Promise<ChunkRow | null> {
  const [record] = await scope.in.chunks
    .aggregate<Document>(
      [
        { $match: { files_id: { $eq: owner.value }, n: { $eq: asSent(n) } } },
        { $limit: 1 },
        { $project: rowFields },
      ],
      { promoteLongs: false, maxTimeMS: scanTimeMs, ...inSession(scope) },
    )
    .toArray();
  return record ? toRow(record) : null;
}

/** By the text of the key. Of blobs whose chunks are as they should be; together small, or one of any size. */
export async function sha256OfBlobs(
  scope: Scope,
  keys: readonly RecordKey[],
  signal?: AbortSignal,
): Promise<Map<string, string>> {
  const [only, ...others] = keys;
  if (only && others.length === 0) return new Map([[only.text, await sha256OfBlob(scope, only, signal)]]);
  const hashes = new Map(keys.map(({ text }): [string, Hash] => [text, createHash('sha256')]));
  const chunks = scope.in.chunks.find<Document>(
    { files_id: { $in: keys.map(({ value }) => value) } } as Document,
    {
      sort: { files_id: 1, n: 1 },
      projection: { _id: 0, files_id: 1, data: 1 },
      batchSize: 16,
      maxTimeMS: scanTimeMs,
    },
  );
  for await (const { files_id, data } of chunks) {
    if (isBson(data, 'Binary')) hashes.get(recordKey(files_id).text)?.update(data.value());
  }
  return new Map([...hashes].map(([text, hash]) => [text, hash.digest('hex')]));
}

/** A few chunks a command. */
async function sha256OfBlob(scope: Scope, key: RecordKey, signal?: AbortSignal): Promise<string> {
  const perCommand = 8;
  const hash = createHash('sha256');
  for (let first = 0; ; first += perCommand) {
    signal?.throwIfAborted();
    const chunks = await scope.in.chunks
      .find<Document>(
        { files_id: { $eq: key.value }, n: { $gte: first, $lt: first + perCommand } } as Document,
        { sort: { n: 1 }, projection: { _id: 0, data: 1 }, batchSize: perCommand + 1, maxTimeMS: scanTimeMs },
      )
      .toArray();
    for (const { data } of chunks) if (isBson(data, 'Binary')) hash.update(data.value());
    if (chunks.length < perCommand) return hash.digest('hex');
  }
}
