/**
 * Writes one blob's chunks under a lease. Order of writes: lease → chunks; making it live is the domain's (finalize).
 * Dies after the lease: a sweep takes it when its time is over. Dies between chunks: the same, and the chunks go with
 * it. Nobody deletes these chunks but after one acknowledged write has changed the lease from `writing`.
 *
 * Bytes are copied into chunks as they pass, and written in batches with a bounded number in flight. The driver's own
 * GridFS stream inserts one chunk at a time, and leaves chunks behind when it is destroyed.
 */
import { Binary, MongoBulkWriteError, ObjectId } from 'mongodb';
import { GridholdError } from '../errors/gridhold-error.ts';
import { chunkBytes } from './blobs.ts';
import type { ByteBudget } from './byte-budget.ts';
import { abandonedMs, endLease, openLease, renewLease, stepLease } from './leases.ts';
import type { Store } from './store.ts';

const chunksPerBatch = 8;
const batchesInFlight = 3;
const renewalMs = 3_000;

export interface BlobWriter {
  readonly blobId: ObjectId;
  /** Resolves when the bytes are copied and there is room for more. @throws STORAGE_UNAVAILABLE */
  write(bytes: Uint8Array): Promise<void>;
  /** Writes what is left and waits for every insert. The lease is still renewed. */
  finish(): Promise<void>;
  /** Before finalize: no renewal is under way or will come. */
  stopRenewing(): Promise<void>;
  /** After a finalize that has made nothing: the lease is the writer's still. */
  resumeRenewing(): void;
  /**
   * The bytes are not wanted, or a live blob has them already: removes chunks and lease at once where every insert has
   * settled, else leaves them to the sweep. Never rejects; what can't be done now is done by a sweep.
   * @param isDuplicate finalize has turned the lease to `deleted`, because a live blob has these bytes. Else only a
   * lease that this call turns itself is ended: one that came to `deleted` later belongs to a blob that was live.
   */
  discard(isDuplicate: boolean): Promise<void>;
}

/** @throws the driver's errors where the lease can't be written */
export async function openBlobWriter(
  store: Store,
  options: { readonly leaseTtlMs: number; readonly budget: ByteBudget },
): Promise<BlobWriter> {
  const writer = new LeasedWriter(store, options.budget, options.leaseTtlMs);
  await writer.open();
  return writer;
}

class LeasedWriter implements BlobWriter {
  readonly blobId = new ObjectId();
  readonly #store: Store;
  readonly #budget: ByteBudget;
  readonly #leaseTtlMs: number;

  #chunk: Buffer | null = null;
  #chunkLength = 0;
  #nextChunk = 0;
  #batch: Buffer[] = [];
  readonly #inFlight = new Set<Promise<void>>();
  #failure: unknown = null;
  #hasUnsettledInsert = false;

  #receivedBytes = 0;
  #progressed = false;
  #holdingBack = 0;
  #renewedAt = 0;
  #timer: NodeJS.Timeout | null = null;
  #renewal: Promise<void> | null = null;
  #isDiscarded = false;

  constructor(store: Store, budget: ByteBudget, leaseTtlMs: number) {
    this.#store = store;
    this.#budget = budget;
    this.#leaseTtlMs = leaseTtlMs;
  }

  async open(): Promise<void> {
    const sentAt = performance.now();
    await openLease(this.#store, this.blobId, this.#leaseTtlMs);
    this.#renewedAt = sentAt;
    this.#startTimer();
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#receivedBytes += bytes.byteLength;
    this.#progressed = true;
    for (let offset = 0; offset < bytes.byteLength; ) {
      this.#chunk ??= Buffer.allocUnsafeSlow(chunkBytes);
      const length = Math.min(chunkBytes - this.#chunkLength, bytes.byteLength - offset);
      this.#chunk.set(bytes.subarray(offset, offset + length), this.#chunkLength);
      this.#chunkLength += length;
      offset += length;
      if (this.#chunkLength === chunkBytes) {
        const chunk = this.#chunk;
        this.#chunk = null;
        this.#chunkLength = 0;
        await this.#addToBatch(chunk);
      }
    }
    this.#throwFailure();
  }

  async finish(): Promise<void> {
    if (this.#chunk) {
      const chunk = this.#chunk.subarray(0, this.#chunkLength);
      this.#chunk = null;
      await this.#addToBatch(chunk);
    }
    await this.#sendBatch();
    await this.#heldBack(Promise.all(this.#inFlight));
    this.#throwFailure();
    // From here on we are the ones that the client waits for.
    this.#holdingBack += 1;
  }

  async stopRenewing(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    await this.#renewal;
  }

  resumeRenewing(): void {
    if (this.#isDiscarded || this.#timer) return;
    this.#startTimer();
    this.#tick();
  }

  #startTimer(): void {
    this.#timer = setInterval(() => this.#tick(), Math.min(renewalMs, this.#leaseTtlMs / 3));
    this.#timer.unref();
  }

  async discard(isDuplicate: boolean): Promise<void> {
    if (this.#isDiscarded) return;
    this.#isDiscarded = true;
    await this.stopRenewing();
    this.#giveBack(this.#batch.length);
    this.#batch = [];
    this.#chunk = null;
    await Promise.all(this.#inFlight);
    try {
      if (this.#hasUnsettledInsert) {
        await stepLease(this.#store, this.blobId, 'writing', { why: 'abandoned', afterMs: abandonedMs });
        return;
      }
      const isOurs =
        isDuplicate || (await stepLease(this.#store, this.blobId, 'writing', { why: 'deleted', afterMs: 0 }));
      if (isOurs) await endLease(this.#store, this.blobId, 'deleted');
    } catch {
      // The lease stands, or its state does: a sweep goes on from there.
    }
  }

  /** A chunk counts in the budget from here until MongoDB has it; the one that a client still fills does not. */
  async #addToBatch(chunk: Buffer): Promise<void> {
    if (!this.#budget.tryTake(chunkBytes)) {
      // Nobody may hold a part of the budget while waiting for more of it.
      await this.#sendBatch();
      await this.#heldBack(this.#budget.take(chunkBytes));
    }
    this.#batch.push(chunk);
    if (this.#batch.length >= chunksPerBatch) await this.#sendBatch();
  }

  async #sendBatch(): Promise<void> {
    this.#throwFailure();
    if (this.#batch.length === 0) return;
    while (this.#inFlight.size >= batchesInFlight) await this.#heldBack(Promise.race(this.#inFlight));
    await this.#checkLease();
    this.#throwFailure();
    const chunks = this.#batch;
    // The timer may have sent them while this call waited.
    if (chunks.length === 0) return;
    this.#batch = [];
    const first = this.#nextChunk;
    this.#nextChunk += chunks.length;
    const insert = this.#insert(chunks, first).finally(() => this.#inFlight.delete(insert));
    this.#inFlight.add(insert);
  }

  /** Never rejects: the failure is kept for the next call. */
  async #insert(chunks: readonly Buffer[], first: number): Promise<void> {
    try {
      await this.#store.in.chunks.insertMany(
        chunks.map((data, index) => ({
          _id: new ObjectId(),
          files_id: this.blobId,
          n: first + index,
          data: new Binary(data),
        })),
        { ordered: false },
      );
      this.#progressed = true;
    } catch (error) {
      this.#failure ??= error;
      // Only MongoDB's own word on the documents says that nothing more will arrive.
      const isSettled = error instanceof MongoBulkWriteError && error.result.getWriteErrorCount() > 0;
      if (!isSettled) this.#hasUnsettledInsert = true;
    } finally {
      this.#giveBack(chunks.length);
    }
  }

  /** Before each batch: a writer that was stopped for longer than its lease must not write under it. */
  async #checkLease(): Promise<void> {
    if (performance.now() - this.#renewedAt < this.#leaseTtlMs) return;
    await this.#renew();
    if (performance.now() - this.#renewedAt >= this.#leaseTtlMs) throw leaseLost();
    this.#throwFailure();
  }

  #tick(): void {
    // A slow client's full chunks must not hold the budget.
    this.#sendBatch().catch((error: unknown) => {
      this.#failure ??= error;
    });
    if (this.#renewal || !(this.#progressed || this.#holdingBack > 0)) return;
    this.#renewal = this.#renew().finally(() => {
      this.#renewal = null;
    });
  }

  async #renew(): Promise<void> {
    const sentAt = performance.now();
    this.#progressed = false;
    try {
      if (await renewLease(this.#store, this.blobId, this.#leaseTtlMs, this.#receivedBytes))
        this.#renewedAt = sentAt;
      else this.#failure ??= leaseLost();
    } catch {
      // MongoDB may be between two primaries: the next tick tries again, until the lease's time is over.
      this.#progressed = true;
    }
  }

  async #heldBack(work: Promise<unknown>): Promise<void> {
    this.#holdingBack += 1;
    try {
      await work;
    } finally {
      this.#holdingBack -= 1;
    }
  }

  #giveBack(chunks: number): void {
    if (chunks > 0) this.#budget.release(chunks * chunkBytes);
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure;
  }
}

function leaseLost(): GridholdError {
  return new GridholdError(
    'STORAGE_UNAVAILABLE',
    'The upload stood still for too long, and its place was taken',
    {
      retryAfter: 1,
    },
  );
}
