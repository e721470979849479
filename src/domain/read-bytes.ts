/** The bytes of a file, or of a range of it. Rests on a record that the caller has read after its request arrived. */

import { GridholdError } from '../errors/gridhold-error.ts';
import { blobIdFrom, chunkBytes, findBlob, markDamaged } from '../storage/blobs.ts';
import { MissingChunkError, readChunks } from '../storage/chunk-reader.ts';
import { translateError } from '../storage/translate-error.ts';
import type { DomainContext } from './context.ts';
import type { StoredFile } from './model.ts';
import type { ByteRange } from './use-cases.ts';

export async function* readBytes(
  context: DomainContext,
  file: StoredFile,
  range: ByteRange = { start: 0, end: file.size - 1 },
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  const isWithin = file.size === 0 || (range.start >= 0 && range.start <= range.end && range.end < file.size);
  if (!isWithin) {
    throw new GridholdError('RANGE_NOT_SATISFIABLE', `The file has ${file.size} bytes`, { size: file.size });
  }
  const blob = { blobId: blobIdFrom(file.blobId), length: file.size, chunkSize: chunkBytes };
  try {
    yield* readChunks(context.store, blob, range, context.reading, signal);
  } catch (error) {
    if (error instanceof MissingChunkError) await takeOffIndex(context, file, blob.blobId, error);
    throw translateError(error);
  }
}

/** Damaged, or only deleted while it was read: then there is no blob to mark. */
async function takeOffIndex(
  context: DomainContext,
  file: StoredFile,
  blobId: ReturnType<typeof blobIdFrom>,
  error: MissingChunkError,
): Promise<void> {
  try {
    if (!(await findBlob(context.store, blobId))) return;
    await markDamaged(context.store, blobId);
    context.log.warn(
      { event: 'blob-damaged', fileId: file.id, sha256: file.sha256, reason: error.message },
      'blob damaged',
    );
  } catch {
    // The transfer breaks either way; the next reader notices again.
  }
}
