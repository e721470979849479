/**
 * Reads exactly the chunks of a range, one batch ahead of the client, in commands of their own: no cursor waits on the
 * server for a slow client. Missing bytes throw; a read never ends early and clean.
 */
import { Binary, type ObjectId } from 'mongodb';
import type { ByteBudget } from './byte-budget.ts';
import type { ChunkRecord } from './records.ts';
import type { Scope } from './transaction.ts';

const chunksPerBatch = 8;

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

/** @param range inclusive byte positions within the blob */
export async function* readChunks(
  scope: Scope,
  blob: ChunkedBytes,
  range: { readonly start: number; readonly end: number },
  budget: ByteBudget,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  if (blob.length === 0 || range.end < range.start) return;
  const firstChunk = Math.floor(range.start / blob.chunkSize);
  const lastChunk = Math.floor(range.end / blob.chunkSize);
  let nextChunk = firstChunk;
  const fetchNext = (): Batch | null => {
    if (nextChunk > lastChunk) return null;
    // Without room in the budget a reader goes on chunk by chunk: it is slower, and never starves.
    const wanted = Math.min(chunksPerBatch, lastChunk - nextChunk + 1);
    const heldBytes = wanted * blob.chunkSize;
    const hasRoom = budget.tryTake(heldBytes);
    const count = hasRoom ? wanted : 1;
    const first = nextChunk;
    nextChunk += count;
    const chunks = fetchChunks(scope, blob, first, count);
    chunks.catch(() => undefined);
    return { first, chunks, heldBytes: hasRoom ? heldBytes : 0 };
  };

  let current = fetchNext();
  let ahead: Batch | null = null;
  try {
    while (current) {
      const chunks = await current.chunks;
      signal?.throwIfAborted();
      ahead = current.heldBytes > 0 ? fetchNext() : null;
      for (const [index, data] of chunks.entries()) {
        const chunkStart = (current.first + index) * blob.chunkSize;
        const from = Math.max(range.start - chunkStart, 0);
        const to = Math.min(range.end + 1 - chunkStart, data.byteLength);
        yield from === 0 && to === data.byteLength ? data : data.subarray(from, to);
      }
      budget.release(current.heldBytes);
      current = ahead ?? fetchNext();
      ahead = null;
    }
  } finally {
    if (current) budget.release(current.heldBytes);
    if (ahead) budget.release(ahead.heldBytes);
  }
}

interface Batch {
  readonly first: number;
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
      throw new MissingChunkError(
        `Chunk ${n} of blob ${blob.blobId.toHexString()} is missing or has a wrong size`,
      );
    }
    return data;
  });
}

/** `promoteBuffers` gives bytes without a copy; a Binary is what the record's type says. */
function bytesOf(record: ChunkRecord | undefined, n: number): Uint8Array | null {
  if (record?.n !== n) return null;
  const data: unknown = record.data;
  if (data instanceof Binary) return data.value();
  return data instanceof Uint8Array ? data : null;
}
