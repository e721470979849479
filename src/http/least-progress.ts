/**
 * Ends transfers that go on, but so slowly that they would hold their place for ever: a byte now and then passes every
 * bound on silence. Only time in which the next move is the client's counts, so that an upload which we hold back, or a
 * download which we are slow to read, is never blamed for it. Silence itself is stall-watch.ts's.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { GridholdError } from '../errors/gridhold-error.ts';
import type { EdgeLimits } from './http-settings.ts';
import type { WatchOptions } from './stall-watch.ts';

export interface LeastProgress {
  /** Until the response is closed. */
  watch(request: IncomingMessage, response: ServerResponse, options: WatchOptions): void;
}

/** What came, or was taken, since a moment, and how long the client was waited for meanwhile. */
interface Pace {
  bytes: number;
  waitedMs: number;
}

interface Transfer extends WatchOptions {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Pace;
  readonly answer: Pace;
  /** For how long nothing of the answer was taken, and up to which byte. */
  readonly idle: Pace;
}

/** So often is looked within the shorter of the two times. */
const looksPerWindow = 12;

export function createLeastProgress(limits: EdgeLimits): LeastProgress {
  const transfers = new Set<Transfer>();
  const tickMs = Math.min(limits.bodyPaceMs, limits.answerPaceMs) / looksPerWindow;
  let timer: NodeJS.Timeout | null = null;
  let lookedAt = 0;

  function look(): void {
    const now = performance.now();
    // A process that was stopped for a while has not waited for anybody.
    const elapsedMs = Math.min(now - lookedAt, 2 * tickMs);
    lookedAt = now;
    for (const transfer of transfers) lookAt(transfer, elapsedMs);
    endIdleReaders();
  }

  function lookAt(transfer: Transfer, elapsedMs: number): void {
    const { request, response, body, answer, idle } = transfer;
    const { bytesRead, bytesWritten } = request.socket;
    if (!request.complete && transfer.awaitsBody()) {
      body.waitedMs += elapsedMs;
      if (isOver(body, bytesRead, limits.bodyPaceMs)) {
        transfer.fail(new GridholdError('REQUEST_TIMEOUT', `The body came at less than ${leastRate()}`));
      }
    }
    if (response.writableLength === 0) {
      idle.waitedMs = 0;
      return;
    }
    answer.waitedMs += elapsedMs;
    idle.waitedMs = bytesWritten === idle.bytes ? idle.waitedMs + elapsedMs : 0;
    idle.bytes = bytesWritten;
    if (isOver(answer, bytesWritten, limits.answerPaceMs)) response.destroy();
  }

  /** Whether the time is over and too little came in it; where enough did, the next begins. */
  function isOver(pace: Pace, bytes: number, windowMs: number): boolean {
    if (pace.waitedMs < windowMs) return false;
    if ((bytes - pace.bytes) / pace.waitedMs < limits.leastBytesPerSecond / 1_000) return true;
    pace.bytes = bytes;
    pace.waitedMs = 0;
    return false;
  }

  /** Each holds a chunk that can't be taken back from its connection. The longest idle reads on by a new range. */
  function endIdleReaders(): void {
    const idle = [...transfers].filter(({ idle: { waitedMs } }) => waitedMs >= limits.idleReaderMs);
    const tooMany = idle.length - limits.mostIdleReaders;
    if (tooMany <= 0) return;
    const longestFirst = idle.sort((a, b) => b.idle.waitedMs - a.idle.waitedMs);
    for (const { response } of longestFirst.slice(0, tooMany)) response.destroy();
  }

  const leastRate = (): string => `${limits.leastBytesPerSecond} bytes a second`;

  function leave(transfer: Transfer): void {
    transfers.delete(transfer);
    if (transfers.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  }

  return {
    watch(request, response, options) {
      const { bytesRead, bytesWritten } = request.socket;
      const transfer: Transfer = {
        ...options,
        request,
        response,
        body: { bytes: bytesRead, waitedMs: 0 },
        answer: { bytes: bytesWritten, waitedMs: 0 },
        idle: { bytes: bytesWritten, waitedMs: 0 },
      };
      if (response.destroyed) return;
      transfers.add(transfer);
      response.once('close', () => leave(transfer));
      if (timer !== null) return;
      lookedAt = performance.now();
      timer = setInterval(look, tickMs);
      timer.unref();
    },
  };
}
