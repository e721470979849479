/**
 * The body of a node:http request, pulled: nothing is read before the first `next`, and the socket is paused while
 * nobody asks. An async iterator of node's own is not used: leaving it early destroys the socket, and with it the
 * chance to answer.
 */
import type { IncomingMessage } from 'node:http';
import { brokenOff } from './body-stream.ts';

export interface NodeBody {
  /** The next bytes, null at the end. One call at a time. @throws LENGTH_MISMATCH, or what `fail` was given */
  next(): Promise<Uint8Array | null>;
  /** Ends the body with an error: the connection told that no more is to come, or nothing came for too long. */
  fail(error: Error): void;
  /** Throws bytes away until the body ends (true), or the bound is passed or the client is gone (false). */
  drain(bound: { readonly bytes: number; readonly ms: number }): Promise<boolean>;
  /** Whether `next` waits for the client, rather than the client for us. */
  readonly isWaiting: boolean;
  readonly isBegun: boolean;
  readonly bytesRead: number;
}

export function createNodeBody(request: IncomingMessage, onFirstRead: () => void): NodeBody {
  let isBegun = false;
  let failure: Error | null = null;
  let wake: (() => void) | null = null;
  let pending: Promise<Uint8Array | null> = Promise.resolve(null);
  let bytesRead = 0;

  function begin(): void {
    isBegun = true;
    const onEvent = (): void => wake?.();
    for (const event of ['readable', 'end', 'error', 'close']) request.on(event, onEvent);
  }

  async function pull(): Promise<Uint8Array | null> {
    for (;;) {
      if (failure) throw failure;
      const chunk: unknown = request.read();
      if (chunk instanceof Uint8Array) {
        bytesRead += chunk.byteLength;
        return chunk;
      }
      if (request.readableEnded && request.complete) return null;
      if (request.readableEnded || request.destroyed) throw brokenOff();
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      wake = null;
    }
  }

  function next(): Promise<Uint8Array | null> {
    if (!isBegun) {
      begin();
      onFirstRead();
    }
    pending = pull();
    return pending;
  }

  return {
    next,
    fail(error) {
      failure ??= error;
      wake?.();
    },
    async drain({ bytes, ms }) {
      if (request.complete && request.readableLength === 0) return true;
      if (failure) return false;
      if (!isBegun) begin();
      const limit = bytesRead + bytes;
      const timer = setTimeout(() => {
        failure = new Error('The bound on draining has passed');
        wake?.();
      }, ms);
      try {
        // A reader that was given up may still wait: what it gets is thrown away too.
        await pending.catch(() => null);
        while (bytesRead <= limit) if ((await pull()) === null) return true;
        return false;
      } catch {
        return false;
      } finally {
        clearTimeout(timer);
      }
    },
    get isWaiting() {
      return wake !== null;
    },
    get isBegun() {
      return isBegun;
    },
    get bytesRead() {
      return bytesRead;
    },
  };
}
