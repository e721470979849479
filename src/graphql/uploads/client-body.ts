/**
 * The body of a request, whichever way it came: pulled with backpressure, counted against a limit, and left without
 * harm. Destroying it only lets go of the source, because a destroyed node request takes its connection and the answer
 * with it; what is left unread is drained by who owns the connection.
 */
import { Readable } from 'node:stream';
import type { PartTypes } from '../../domain/content-type.ts';
import { GridholdError } from '../../errors/gridhold-error.ts';

export interface ClientBodyOptions {
  readonly contentType: string;
  readonly limitBytes: number;
  /** Is shown what passes. */
  readonly partTypes?: PartTypes;
}

export class ClientBody extends Readable {
  /** What parsers ask a request for. */
  readonly headers: { readonly 'content-type': string };
  readonly #source: Readable;
  readonly #partTypes: PartTypes | null;
  #leftBytes: number;
  #isAttached = false;

  constructor(source: Readable, options: ClientBodyOptions) {
    super();
    this.headers = { 'content-type': options.contentType };
    this.#source = source;
    this.#partTypes = options.partTypes ?? null;
    this.#leftBytes = options.limitBytes;
    // Whoever reads is told by `errored`; unheard, the error would end the process.
    this.on('error', () => undefined);
    source.on('error', () => undefined);
  }

  /** Once it is known what is to come. */
  allow(bytes: number): void {
    this.#leftBytes += bytes;
  }

  override _read(): void {
    if (!this.#isAttached) this.#attach();
    this.#source.resume();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#source.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose).pause();
    callback(error);
  }

  #attach(): void {
    this.#isAttached = true;
    this.#source.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose);
    if (this.#source.readableEnded || this.#source.destroyed) process.nextTick(this.#onClose);
  }

  readonly #onData = (chunk: Uint8Array): void => {
    this.#leftBytes -= chunk.byteLength;
    this.#partTypes?.observe(chunk);
    if (this.#leftBytes < 0) {
      this.destroy(
        new GridholdError('REQUEST_TOO_LARGE', 'The request is larger than all its parts together may be'),
      );
    } else if (!this.push(chunk)) {
      this.#source.pause();
    }
  };

  readonly #onEnd = (): void => {
    this.push(null);
  };

  readonly #onClose = (): void => {
    if (this.#source.readableEnded) this.push(null);
    else this.destroy(new GridholdError('LENGTH_MISMATCH', 'The connection ended before the request did'));
  };
}
