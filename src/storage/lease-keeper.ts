/**
 * Keeps a writer's lease alive while something moves: a byte has come, a batch was acknowledged, or we ourselves hold
 * the client back. A client that stands still loses it.
 */
import type { ObjectId } from 'mongodb';
import { GridholdError } from '../errors/gridhold-error.ts';
import { openLease, renewLease } from './leases.ts';
import type { Scope } from './transaction.ts';

const renewalMs = 3_000;

export class LeaseKeeper {
  readonly #scope: Scope;
  readonly #blobId: ObjectId;
  readonly #ttlMs: number;
  readonly #onTick: () => void;

  #receivedBytes = 0;
  #hasProgressed = false;
  #holdingBack = 0;
  #renewedAt = 0;
  #timer: NodeJS.Timeout | null = null;
  #renewal: Promise<void> | null = null;
  #lost: GridholdError | null = null;

  /** @param onTick called with each look, whether or not there is anything to renew */
  constructor(scope: Scope, blobId: ObjectId, ttlMs: number, onTick: () => void) {
    this.#scope = scope;
    this.#blobId = blobId;
    this.#ttlMs = ttlMs;
    this.#onTick = onTick;
  }

  async open(): Promise<void> {
    const sentAt = performance.now();
    await openLease(this.#scope, this.#blobId, this.#ttlMs);
    this.#renewedAt = sentAt;
    this.start();
  }

  start(): void {
    if (this.#timer) return;
    this.#timer = setInterval(() => this.tick(), Math.min(renewalMs, this.#ttlMs / 3));
    this.#timer.unref();
  }

  /** Resolves when no renewal is under way any more. */
  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    await this.#renewal;
  }

  tick(): void {
    this.#onTick();
    if (this.#hasProgressed || this.#holdingBack > 0) void this.#renewOnce();
  }

  noteReceived(bytes: number): void {
    this.#receivedBytes += bytes;
    this.#hasProgressed = true;
  }

  noteProgress(): void {
    this.#hasProgressed = true;
  }

  /** While this goes on, it is us that the client waits for. */
  async holdingBack(work: Promise<unknown>): Promise<void> {
    this.#holdingBack += 1;
    try {
      await work;
    } finally {
      this.#holdingBack -= 1;
    }
  }

  /** From here on it is us that the client waits for. */
  holdBack(): void {
    this.#holdingBack += 1;
  }

  /**
   * Before each batch, by the monotonic clock: a writer that was stopped for longer than its lease must not write under
   * it. @throws STORAGE_UNAVAILABLE
   */
  async check(): Promise<void> {
    if (performance.now() - this.#renewedAt >= this.#ttlMs) await this.#renewOnce();
    if (performance.now() - this.#renewedAt >= this.#ttlMs) this.#lost ??= leaseLost();
    this.throwIfLost();
  }

  throwIfLost(): void {
    if (this.#lost) throw this.#lost;
  }

  #renewOnce(): Promise<void> {
    this.#renewal ??= this.#renew().finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  async #renew(): Promise<void> {
    const sentAt = performance.now();
    this.#hasProgressed = false;
    try {
      if (await renewLease(this.#scope, this.#blobId, this.#ttlMs, this.#receivedBytes))
        this.#renewedAt = sentAt;
      else this.#lost ??= leaseLost();
    } catch {
      // MongoDB may be between two primaries: the next look tries again, until the lease's time is over.
      this.#hasProgressed = true;
    }
  }
}

function leaseLost(): GridholdError {
  return new GridholdError(
    'STORAGE_UNAVAILABLE',
    'The upload stood still for too long, and its place was taken',
    { retryAfter: 1 },
  );
}
