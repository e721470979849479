/**
 * Bytes on their way into storage before it is known what file they make. The stage owns its writer: whatever happens,
 * `discard` lets go of what no file took. Dies on the way: the lease runs out, and a sweep removes the chunks.
 */
import type { GridholdError } from '../errors/gridhold-error.ts';
import { type BlobWriter, openBlobWriter } from '../storage/blob-writer.ts';
import type { DomainContext } from './context.ts';
import { type Finalization, type Finalized, FinalizeUnknownError, finalize } from './finalize.ts';
import type { IncomingBytes, StagedFile } from './incoming-bytes.ts';
import { type ReceivedBytes, receiveBytes, tooLarge } from './receive-bytes.ts';

export interface StageRules {
  /** Bytes. */
  readonly maxSize: number;
  /** Empty: any. */
  readonly contentTypes: readonly string[];
  readonly sha256: string | null;
}

export class Stage implements StagedFile {
  readonly settled: Promise<void>;
  readonly incoming: IncomingBytes;
  readonly #context: DomainContext;
  readonly #received: Promise<ReceivedBytes>;
  #maxSize: number;
  #size = 0;
  #writer: BlobWriter | null;
  /** Ends the wait for the next bytes. */
  #stop: ((error: GridholdError) => void) | null = null;
  #hasLease = true;
  /** A live blob has these bytes: the chunks of this stage are not needed. */
  #isDuplicate = false;
  #mayCleanUp = true;
  #turn: Promise<unknown> = Promise.resolve();

  /** @param writer opened already where its blob must be known before the first byte; else the stage opens its own */
  constructor(
    context: DomainContext,
    incoming: IncomingBytes,
    rules: StageRules,
    writer: BlobWriter | null = null,
  ) {
    this.#context = context;
    this.incoming = incoming;
    this.#maxSize = rules.maxSize;
    this.#writer = writer;
    this.#received = this.#receive(rules);
    this.settled = this.#received.then(
      () => undefined,
      () => undefined,
    );
  }

  limit(maxSize: number): void {
    if (maxSize >= this.#maxSize) return;
    this.#maxSize = maxSize;
    if (this.#size > maxSize) this.#stop?.(tooLarge(maxSize));
  }

  /** Waits for the bytes. @throws why they were refused */
  received(): Promise<ReceivedBytes> {
    return this.#received;
  }

  /** One after another: the first ends the lease, a further one counts up the blob. */
  finalize(input: Omit<Finalization, 'blobId' | 'hasLease' | 'received'>): Promise<Finalized> {
    const next = this.#turn.then(async () => {
      const received = await this.#received;
      const writer = this.#writer;
      if (!writer) throw new Error('A stage ended without a writer');
      return await this.#context.finalizing(received.sha256, () =>
        this.#finalizeOnce(writer, { ...input, received }),
      );
    });
    this.#turn = next.catch(() => undefined);
    return next;
  }

  async #finalizeOnce(
    writer: BlobWriter,
    input: Omit<Finalization, 'blobId' | 'hasLease'>,
  ): Promise<Finalized> {
    const hasLease = this.#hasLease;
    if (hasLease) await writer.stopRenewing();
    try {
      const finalized = await finalize(this.#context, { ...input, blobId: writer.blobId, hasLease });
      if (finalized.created && hasLease) {
        this.#hasLease = false;
        this.#isDuplicate = !finalized.record.blobId.equals(writer.blobId);
      }
      return finalized;
    } catch (error) {
      if (error instanceof FinalizeUnknownError) this.#mayCleanUp = false;
      throw error;
    } finally {
      // Another field of the request may still want the bytes.
      if (this.#hasLease && this.#mayCleanUp) writer.resumeRenewing();
    }
  }

  async discard(): Promise<void> {
    this.limit(-1);
    await this.settled;
    await this.#turn;
    if (this.#mayCleanUp) await this.#writer?.discard(this.#isDuplicate);
    else await this.#writer?.stopRenewing();
  }

  async #receive(rules: StageRules): Promise<ReceivedBytes> {
    const { settings, space } = this.#context;
    await space.check(this.incoming.declaredLength ?? 0);
    this.#writer ??= await openBlobWriter(this.#context.store, {
      leaseTtlMs: settings.uploadLeaseTtlMs,
      budget: this.#context.writeBudget,
    });
    const writer = this.#writer;
    const received = await receiveBytes(
      { ...this.incoming, bytes: this.#stoppable(this.incoming.bytes) },
      { maxSize: () => this.#maxSize, contentTypes: rules.contentTypes, sha256: [rules.sha256] },
      async (bytes) => {
        this.#size += bytes.byteLength;
        space.take(bytes.byteLength);
        await writer.write(bytes);
      },
    );
    await writer.finish();
    return received;
  }

  /** A limit that is lowered while a slow client keeps us waiting ends the stage at once. */
  async *#stoppable(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const iterator = source[Symbol.asyncIterator]();
    let isDone = false;
    try {
      for (;;) {
        const next = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
          if (this.#size > this.#maxSize) throw tooLarge(this.#maxSize);
          this.#stop = reject;
          iterator.next().then(resolve, reject);
        });
        this.#stop = null;
        if (next.done) {
          isDone = true;
          return;
        }
        yield next.value;
      }
    } finally {
      // Not awaited: a source that waits for its client would hold the answer back.
      if (!isDone) iterator.return?.().catch(() => undefined);
    }
  }
}
