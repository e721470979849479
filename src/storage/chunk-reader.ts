/**
 * Reads exactly the chunks of a range, one batch ahead of the client, in commands of their own: no cursor waits on the
 * server for a slow client, and one that takes nothing keeps no more than the chunk that was handed to it. Missing bytes
 * throw; a read never ends early and clean.
 */
import type { ObjectId } from 'mongodb';
import type { ByteBudget } from './byte-budget.ts';
import { isBson } from './driver-kinds.ts';
import type { ReadTurns } from './read-turns.ts';
import type { ChunkRecord } from './records.ts';
import type { Scope } from './transaction.ts';

const chunksPerBatch = 8;
/** So many come first, before those that have had more. */
const newcomersChunks = 4;

/** Bytes that should be there are not: the blob is damaged, or was removed while it was read. */
export class MissingChunkError extends Error {
  override readonly name = 'MissingChunkError';
}

export interface ChunkedBytes {
  readonly blobId: ObjectId;
  /** Bytes. */
  readonly length: number;
  readonly chunkSize: number;
}

/** What readers of one process share. */
export interface Reading {
  readonly budget: ByteBudget;
  readonly turns: ReadTurns;
  /** A reader that is not asked for more for so long lets go of what it holds. */
  readonly idleMs: number;
}

/** @param range inclusive byte positions within the blob */
export async function* readChunks(
  scope: Scope,
  blob: ChunkedBytes,
  range: { readonly start: number; readonly end: number },
  { budget, turns, idleMs }: Reading,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  if (blob.length === 0 || range.end < range.start) return;
  const firstChunk = Math.floor(range.start / blob.chunkSize);
  const lastChunk = Math.floor(range.end / blob.chunkSize);
  const fetchFrom = (first: number): Batch | null => {
    if (first > lastChunk) return null;
    // Without room in the budget a reader goes on chunk by chunk: it is slower, and never starves.
    const wanted = Math.min(chunksPerBatch, lastChunk - first + 1);
    const hasRoom = budget.tryTake(wanted * blob.chunkSize);
    const count = hasRoom ? wanted : 1;
    const chunks = turns.run(first - firstChunk < newcomersChunks, async () => {
      signal?.throwIfAborted();
      return await fetchChunks(scope, blob, first, count);
    });
    chunks.catch(() => undefined);
    return { first, end: first + count, chunks, heldBytes: hasRoom ? wanted * blob.chunkSize : 0 };
  };

  let current: Batch | null = null;
  let ahead: Batch | null = null;
  let chunks: readonly Uint8Array[] = [];
  let idle: NodeJS.Timeout | undefined;
  const letGo = (): void => {
    budget.release((current?.heldBytes ?? 0) + (ahead?.heldBytes ?? 0));
    current = ahead = null;
    chunks = [];
  };
  try {
    for (let n = firstChunk; n <= lastChunk; n++) {
      if (current === null || n >= current.end) {
        budget.release(current?.heldBytes ?? 0);
        current = ahead ?? fetchFrom(n);
        ahead = null;
        if (current === null) return;
        chunks = await current.chunks;
        signal?.throwIfAborted();
        if (current.heldBytes > 0) ahead = fetchFrom(current.end);
      }
      const data = chunks[n - current.first];
      if (!data) throw missing(blob, n);
      const from = Math.max(range.start - n * blob.chunkSize, 0);
      const to = Math.min(range.end + 1 - n * blob.chunkSize, data.byteLength);
      idle = setTimeout(letGo, idleMs);
      yield from === 0 && to === data.byteLength ? data : data.subarray(from, to);
      clearTimeout(idle);
    }
  } finally {
    clearTimeout(idle);
    letGo();
  }
}

interface Batch {
  readonly first: number;
  readonly end: number;
  readonly chunks: Promise<Uint8Array[]>;
  readonly heldBytes: number;
}

async function fetchChunks(
  scope: Scope,
  blob: ChunkedBytes,
  first: number,
  count: number,
): Promise<Uint8Array[]> {
  const records = await scope.in.chunks
    .find(
      { files_id: blob.blobId, n: { $gte: first, $lt: first + count } },
      { projection: { _id: 0, n: 1, data: 1 }, sort: { n: 1 }, batchSize: count + 1, promoteBuffers: true },
    )
    .toArray();
  return Array.from({ length: count }, (_, index) => {
    const n = first + index;
    const data = bytesOf(records[index], n);
    const expected = Math.min(blob.chunkSize, blob.length - n * blob.chunkSize);
    if (data?.byteLength !== expected) {
      throw missing(blob, n);
    }
    // A chunk is a view into the whole answer of MongoDB, and would keep all of it while its client takes it.
    return count === 1 ? data : Buffer.from(data);
  });
}

function missing(blob: ChunkedBytes, n: number): MissingChunkError {
  return new MissingChunkError(
    `Chunk ${n} of blob ${blob.blobId.toHexString()} is missing or has a wrong size`,
  );
}

/** `promoteBuffers` gives bytes without a copy; a Binary is what the record's type says. */
function bytesOf(record: ChunkRecord | undefined, n: number): Uint8Array | null {
  if (record?.n !== n) return null;
  const data: unknown = record.data;
  if (isBson(data, 'Binary')) return data.value();
  return data instanceof Uint8Array ? data : null;
}
