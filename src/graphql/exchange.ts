/** One request on its way through the edge: its body, read once and late, and the files that came with it. */
import type { Readable } from 'node:stream';
import { ClientBody, type ClientBodyOptions } from './uploads/client-body.ts';
import type { IncomingUpload } from './uploads/incoming-upload.ts';

export class GraphqlExchange {
  uploads: readonly IncomingUpload[] = [];
  /** What its operations have cost so far, all together: a batch is worth no more than one query. */
  readonly spent = { tokens: 0, complexity: 0 };
  readonly #open: () => Readable;
  readonly #leave: (source: Readable) => void;
  #source: Readable | null = null;
  #body: ClientBody | null = null;

  /** @param leave what is done to a source that is not wanted any more: nothing, where its owner drains it */
  constructor(open: () => Readable, leave: (source: Readable) => void = () => undefined) {
    this.#open = open;
    this.#leave = leave;
  }

  openBody(options: ClientBodyOptions): ClientBody {
    this.#source = this.#open();
    this.#body = new ClientBody(this.#source, options);
    return this.#body;
  }

  /** Nothing more is read, and every stage lets go of bytes that no file took. Safe to repeat. */
  async end(): Promise<void> {
    this.#body?.destroy();
    if (this.#source) this.#leave(this.#source);
    await Promise.all(this.uploads.map((upload) => upload.discard()));
  }
}
