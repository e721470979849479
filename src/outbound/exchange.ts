/**
 * One request and its answer, on a connection of its own: nothing is kept alive, so the guard judges every request
 * anew. Whatever ends it early, an abort, silence or a body that fails, is what its caller is told. Who opened the
 * connection ends it.
 */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { connectionFailure, failed } from './failures.ts';
import { type Awaited, type SilenceLimits, watchSilence } from './silence-watch.ts';

export interface OutgoingBody {
  /** Bytes. */
  readonly length: number;
  /** From the first byte, each time. What it throws breaks the request off, and reaches the caller as it is. */
  open(): AsyncIterable<Uint8Array>;
}

export interface OutgoingRequest {
  readonly method: string;
  /** Without `Host`, and without what frames the body. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: OutgoingBody | null;
}

export interface AnswerHead {
  readonly status: number;
  /** By its name in lower case; lines of one name are joined by `, `. Null where there is none. */
  header(name: string): string | null;
}

/** A larger body waits so long for a word of the third party before it sets out (RFC 9110, section 10.1.1). */
const expectFromBytes = 1_048_576;
const expectMs = 1_000;

export class Exchange {
  readonly #url: URL;
  readonly #socket: Socket;
  readonly #outgoing: ClientRequest;
  readonly #signal: AbortSignal;
  readonly #abort = (): void => this.#end(this.#signal.reason);
  readonly #sent: Promise<void>;
  #incoming: IncomingMessage | null = null;
  #isSent = false;
  /** Why it was ended by us. */
  #ended: { readonly reason: unknown } | null = null;

  constructor(
    socket: Socket,
    url: URL,
    { method, headers, body }: OutgoingRequest,
    options: { readonly limits: SilenceLimits; readonly signal: AbortSignal },
  ) {
    this.#url = url;
    this.#socket = socket;
    this.#signal = options.signal;
    if (this.#signal.aborted) this.#abort();
    this.#signal.addEventListener('abort', this.#abort, { once: true });
    socket.once('close', () => this.#signal.removeEventListener('abort', this.#abort));
    const isLarge = body !== null && body.length >= expectFromBytes;
    this.#outgoing = httpRequest({
      createConnection: () => socket,
      method,
      path: `${url.pathname}${url.search}`,
      headers: {
        ...headers,
        Host: url.host,
        ...(body ? { 'Content-Length': body.length } : {}),
        ...(isLarge ? { Expect: '100-continue' } : {}),
      },
    });
    // Told by whoever waits for an answer or its bytes; unheard, it would end the process.
    this.#outgoing.on('error', () => undefined);
    watchSilence(
      socket,
      options.limits,
      () => this.#awaited(),
      (how) => this.#end(failed(url, how)),
    );
    this.#sent = this.#send(body, isLarge);
    this.#sent.catch(() => undefined);
  }

  /** The head of the answer; the body of the request may still be under way. @throws FETCH_FAILED, or why it was ended */
  async answer(): Promise<AnswerHead> {
    try {
      const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
        this.#outgoing.once('response', resolve).once('error', reject);
        // Without an error where the answer speaks another protocol (101).
        this.#outgoing.once('close', () => reject(new Error('Closed without an answer')));
      });
      incoming.on('error', () => undefined);
      this.#incoming = incoming;
      return {
        status: incoming.statusCode ?? 0,
        header: (name) => incoming.headersDistinct[name]?.join(', ') ?? null,
      };
    } catch (error) {
      throw this.#why(error, 'broke the connection off');
    }
  }

  /** Resolves when the whole body of the request has gone out. @throws as `answer` */
  async sent(): Promise<void> {
    try {
      await this.#sent;
    } catch (error) {
      throw this.#why(error, 'did not take the whole file');
    }
  }

  /** The body of the answer, with backpressure. @throws as `answer`: a clean end is a whole body */
  async *bytes(): AsyncGenerator<Uint8Array, void, void> {
    const incoming = this.#incoming;
    if (!incoming) throw new Error('The answer is read before its head');
    try {
      for await (const bytes of incoming) yield bytes;
      if (!incoming.complete) throw new Error('An answer ended before its end');
    } catch (error) {
      throw this.#why(error, 'broke its answer off before the end');
    }
  }

  /** Nothing more is read. The connection's end does the same. */
  close(): void {
    this.#socket.destroy();
  }

  #end(reason: unknown): void {
    this.#ended ??= { reason };
    this.#socket.destroy();
  }

  #why(error: unknown, otherwise: string): unknown {
    return this.#ended ? this.#ended.reason : connectionFailure(this.#url, error, otherwise);
  }

  #awaited(): Awaited {
    if (!this.#isSent) return this.#outgoing.writableLength > 0 ? 'taking' : 'us';
    if (!this.#incoming) return 'answer';
    return this.#incoming.readableLength > 0 ? 'us' : 'rest';
  }

  async #send(body: OutgoingBody | null, isLarge: boolean): Promise<void> {
    const outgoing = this.#outgoing;
    if (body && isLarge) {
      let hasAnswer = false;
      outgoing.once('response', () => {
        hasAnswer = true;
      });
      outgoing.flushHeaders();
      await firstOf(outgoing, ['continue', 'response', 'close'], expectMs);
      if (hasAnswer) throw new Error('It was answered without the body');
    }
    let written = 0;
    for await (const bytes of body ? this.#named(body.open()) : []) {
      this.#checkConnected();
      written += bytes.byteLength;
      if (!outgoing.write(bytes)) await firstOf(outgoing, ['drain', 'close']);
    }
    this.#checkConnected();
    if (body && written !== body.length) {
      const reason = new Error(`A body of ${body.length} bytes ended at ${written}`);
      this.#end(reason);
      throw reason;
    }
    const finished = firstOf(outgoing, ['finish', 'close']);
    outgoing.end();
    await finished;
    if (!outgoing.writableFinished) this.#checkConnected();
    this.#isSent = true;
  }

  #checkConnected(): void {
    if (this.#outgoing.destroyed || this.#socket.destroyed) throw new Error('The connection is gone');
  }

  /** If the source throws, that is why the exchange ended; what fails downstream of it is not. */
  async *#named(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    try {
      yield* source;
    } catch (error) {
      this.#end(error);
      throw error;
    }
  }
}

/** Resolves with the first of the events, or when the time is over. */
async function firstOf(emitter: ClientRequest, events: readonly string[], withinMs?: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let resolve: () => void = () => undefined;
  const happened = new Promise<void>((resolveNow) => {
    resolve = resolveNow;
    for (const event of events) emitter.once(event, resolveNow);
    if (withinMs !== undefined) timer = setTimeout(resolveNow, withinMs);
  });
  await happened;
  clearTimeout(timer);
  for (const event of events) emitter.off(event, resolve);
}
