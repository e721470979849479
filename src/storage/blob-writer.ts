/**
 * Writes one blob's chunks under a lease. Order of writes: lease → chunks; making it live is the domain's (finalize).
 * Dies after the lease: a sweep takes it when its time is over. Dies between chunks: the same, and the chunks go with
 * it. Nobody deletes these chunks until an acknowledged write has moved the lease out of `writing`.
 *
 * Bytes are copied into chunks as they pass, and written in batches with a bounded number in flight. The driver's own
 * GridFS stream inserts one chunk at a time, and leaves chunks behind when it is destroyed.
 */
import { Binary, ObjectId } from 'mongodb';
import pTimeout from 'p-timeout';
import { GridholdError } from '../errors/gridhold-error.ts';
import { chunkBytes } from './blobs.ts';
import type { ByteBudget } from './byte-budget.ts';
import { isDriverError } from './driver-kinds.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { abandonedMs, endLease, stepLease } from './leases.ts';
import type { Store } from './store.ts';

const chunksPerBatch = 8;
const batchesInFlight = 3;
/**
 * So long may a batch take, a failover with it. Where a network swallows packets, the driver waits for ever for the rest
 * of a large command to leave, also when it has closed the connection: then the upload would never end, and would keep
 * its lease, its part of the budget and a connection of the pool.
 */
const longestInsertMs = 60_000;

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
  options: { readonly leaseTtlMs: number; readonly budget: ByteBudget; readonly insertTimeoutMs?: number },
): Promise<BlobWriter> {
  const { budget, leaseTtlMs, insertTimeoutMs = longestInsertMs } = options;
  const writer = new LeasedWriter(store, budget, leaseTtlMs, insertTimeoutMs);
  await writer.open();
  return writer;
}

class LeasedWriter implements BlobWriter {
  readonly blobId = new ObjectId();
  readonly #store: Store;
  readonly #budget: ByteBudget;
  readonly #lease: LeaseKeeper;
  readonly #insertTimeoutMs: number;

  #chunk: Buffer | null = null;
  #chunkLength = 0;
  #nextChunk = 0;
  #batch: Buffer[] = [];
  readonly #inFlight = new Set<Promise<void>>();
  #failure: unknown = null;
  #hasUnsettledInsert = false;

  #isDiscarded = false;

  constructor(store: Store, budget: ByteBudget, leaseTtlMs: number, insertTimeoutMs: number) {
    this.#store = store;
    this.#budget = budget;
    this.#insertTimeoutMs = insertTimeoutMs;
    this.#lease = new LeaseKeeper(store, this.blobId, leaseTtlMs, () => this.#sendIdleChunks());
  }

  async open(): Promise<void> {
    await this.#lease.open();
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#lease.noteReceived(bytes.byteLength);
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
    await this.#lease.holdingBack(Promise.all(this.#inFlight));
    this.#throwFailure();
    // From here on we are the ones that the client waits for.
    this.#lease.holdBack();
  }

  async stopRenewing(): Promise<void> {
    await this.#lease.stop();
  }

  resumeRenewing(): void {
    if (this.#isDiscarded) return;
    this.#lease.start();
    this.#lease.tick();
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
      await this.#lease.holdingBack(this.#budget.take(chunkBytes));
    }
    this.#batch.push(chunk);
    if (this.#batch.length >= chunksPerBatch) await this.#sendBatch();
  }

  async #sendBatch(): Promise<void> {
    this.#throwFailure();
    if (this.#batch.length === 0) return;
    while (this.#inFlight.size >= batchesInFlight)
      await this.#lease.holdingBack(Promise.race(this.#inFlight));
    await this.#lease.check();
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
    const stopping = new AbortController();
    // The driver's types name no signal here, and it heeds one: an aborted command gives its connection back.
    const options = { ordered: false, signal: stopping.signal };
    const giveUp = (): never => {
      stopping.abort();
      throw new GridholdError('STORAGE_UNAVAILABLE', 'Storage takes no bytes now', { retryAfter: 1 });
    };
    try {
      const insert = this.#store.in.chunks.insertMany(
        chunks.map((data, index) => ({
          _id: new ObjectId(),
          files_id: this.blobId,
          n: first + index,
          data: new Binary(data),
        })),
        options,
      );
      await pTimeout(insert, { milliseconds: this.#insertTimeoutMs, fallback: giveUp });
      this.#lease.noteProgress();
    } catch (error) {
      this.#failure ??= error;
      // Only MongoDB's own word on the documents says that nothing more will arrive.
      const isSettled = isDriverError(error, 'MongoBulkWriteError') && error.result.getWriteErrorCount() > 0;
      if (!isSettled) this.#hasUnsettledInsert = true;
    } finally {
      this.#giveBack(chunks.length);
    }
  }

  /** A slow client's full chunks must not hold the budget. */
  #sendIdleChunks(): void {
    this.#sendBatch().catch((error: unknown) => {
      this.#failure ??= error;
    });
  }

  #giveBack(chunks: number): void {
    if (chunks > 0) this.#budget.release(chunks * chunkBytes);
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure;
    this.#lease.throwIfLost();
  }
}
