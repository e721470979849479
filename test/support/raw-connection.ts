/** HTTP/1.1 by hand over a socket: what fetch would not send, and what it would not show. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

export class RawConnection {
  readonly socket: Socket;
  /** How the other side ended it. */
  readonly closed: Promise<'ended' | 'reset'>;
  /** What has come and was in no answer yet. */
  #received: Buffer[] = [];
  #receivedBytes = 0;
  #isClosed = false;
  #wake: (() => void) | null = null;

  private constructor(socket: Socket) {
    this.socket = socket;
    let isReset = false;
    socket.on('data', (bytes: Buffer) => {
      this.#received.push(bytes);
      this.#receivedBytes += bytes.byteLength;
      this.#wake?.();
    });
    socket.on('error', () => {
      isReset = true;
    });
    this.closed = new Promise((resolve) => {
      const settle = (): void => {
        this.#isClosed = true;
        this.#wake?.();
        resolve(isReset ? 'reset' : 'ended');
      };
      socket.once('end', settle).once('close', settle);
    });
  }

  /** @param url of the service; its path does not count */
  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    const connection = new RawConnection(socket);
    await once(socket, 'connect');
    return connection;
  }

  send(...parts: readonly (string | Uint8Array)[]): this {
    for (const part of parts) this.socket.write(part);
    return this;
  }

  /** A request line and headers, with the URL's path and host. */
  head(method: string, url: string, headers: Readonly<Record<string, string | number>> = {}): this {
    const { pathname, search, host } = new URL(url);
    const lines = Object.entries({ Host: host, ...headers }).map(([name, value]) => `${name}: ${value}`);
    return this.send(`${method} ${pathname}${search} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
  }

  /** Closes the sending half only. */
  end(): this {
    this.socket.end();
    return this;
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Bytes that have come and were in no answer yet. */
  get unread(): number {
    return this.#receivedBytes;
  }

  /** The next answer, whole; also a `100 Continue`. @throws where the connection ends before it is whole */
  async answer(options: { readonly isHead?: boolean } = {}): Promise<RawAnswer> {
    const head = await this.#head();
    const [statusLine = '', ...lines] = head.toString('latin1').split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1]);
    const headers = new Headers();
    for (const line of lines) {
      const colon = line.indexOf(':');
      headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
    }
    const isBodiless = options.isHead || status < 200 || status === 204 || status === 304;
    const length = isBodiless ? 0 : Number(headers.get('content-length') ?? Number.NaN);
    if (Number.isNaN(length)) throw new Error(`An answer without a length: ${statusLine}`);
    while (this.#receivedBytes < length) await this.#more('its body');
    return { status, headers, body: this.#take(length) };
  }

  async #head(): Promise<Buffer> {
    for (;;) {
      const received = this.#take(this.#receivedBytes);
      const end = received.indexOf('\r\n\r\n');
      this.#received = [end === -1 ? received : received.subarray(end + 4)];
      this.#receivedBytes = end === -1 ? received.byteLength : received.byteLength - end - 4;
      if (end !== -1) return received.subarray(0, end);
      await this.#more('its head');
    }
  }

  #take(length: number): Buffer {
    const received = Buffer.concat(this.#received);
    this.#received = [received.subarray(length)];
    this.#receivedBytes = received.byteLength - length;
    return received.subarray(0, length);
  }

  async #more(what: string): Promise<void> {
    if (this.#isClosed) {
      throw new Error(
        `The connection ended before an answer and ${what} were whole: ${this.#receivedBytes} bytes`,
      );
    }
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = null;
  }
}

/** One chunk of `Transfer-Encoding: chunked` (RFC 9112, section 7.1). */
export function chunkOf(bytes: Uint8Array | string): Buffer {
  const data = Buffer.from(bytes);
  return Buffer.concat([Buffer.from(`${data.byteLength.toString(16)}\r\n`), data, Buffer.from('\r\n')]);
}

export const lastChunk = '0\r\n\r\n';
