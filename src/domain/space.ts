/**
 * Refuses bytes before MongoDB's disk is full: a full disk ends mongod, and with it everything else. What the disk shows
 * is a few seconds old, and MongoDB writes late and more than once: what this process has sent is counted on top. Where
 * the disk is not known, nothing is refused: then only MongoDB's own refusal is left.
 */
import pTimeout from 'p-timeout';
import { GridholdError } from '../errors/gridhold-error.ts';
import type { FreeSpace } from '../storage/free-space.ts';
import type { Logger } from './logger.ts';

export interface Space {
  /** Before the first byte. @param bytes announced, or 0. @throws STORAGE_FULL */
  check(bytes: number): Promise<void>;
  /** As bytes pass: counted, and refused once the reserve is reached. Never waits. @throws STORAGE_FULL */
  take(bytes: number): void;
}

const freshMs = 5_000;
/** A checkpoint comes every 60 s: until then bytes may be in MongoDB's memory only, and in its journal. */
const unwrittenForMs = 75_000;
/** A byte is written as a chunk, in the log for the replicas, and in the journal. */
const writtenTimes = 3;
/** More than this MongoDB neither keeps unwritten (a part of its cache) nor lets its log and journal grow at once. */
const mostUnseenBytes = 4_000_000_000;
/** How long an upload waits for a reading before it goes by the last one, or by none. */
const longestWaitMs = 1_000;

export function createSpace(options: {
  readonly read: () => Promise<FreeSpace | null>;
  /** 0: nothing is checked. */
  readonly reserveBytes: number;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly freshMs?: number;
}): Space {
  const { read, reserveBytes, log } = options;
  if (reserveBytes === 0) return { check: async () => undefined, take: () => undefined };
  let known: FreeSpace | null = null;
  /** Since the last reading; and before it, the latest last. */
  let takenBytes = 0;
  let earlier: readonly { readonly bytes: number; readonly at: number }[] = [];
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | null = null;
  let isUnknownLogged = false;
  let isFullLogged = false;

  /** One at a time. A failed one counts as a reading: the next is tried when that is old. */
  function refresh(): Promise<void> | null {
    if (performance.now() - readAt < (options.freshMs ?? freshMs)) return null;
    reading ??= readOnce().finally(() => {
      readAt = performance.now();
      reading = null;
    });
    return reading;
  }

  async function readOnce(): Promise<void> {
    const takenBefore = takenBytes;
    try {
      const space = await read();
      if (space === null) throw new Error('dbStats does not tell fsTotalSize and fsUsedSize');
      known = space;
      // What passed while it was read is counted twice rather than not at all.
      takenBytes -= takenBefore;
      if (takenBefore > 0) earlier = [...unwritten(), { bytes: takenBefore, at: performance.now() }];
      if (isFullLogged && hasRoomFor(0)) {
        isFullLogged = false;
        log.info({ ...space, reserveBytes }, 'There is room in storage again');
      }
    } catch (error) {
      known = null;
      if (isUnknownLogged) return;
      isUnknownLogged = true;
      log.warn({ err: error }, 'The free space of MongoDB is not known: uploads are not refused for it');
    }
  }

  function unwritten(): typeof earlier {
    return earlier.filter(({ at }) => performance.now() - at < unwrittenForMs);
  }

  /**
   * What is sent plus what MongoDB will still write for it must leave the reserve; the latter alone must leave half of
   * it.
   */
  function hasRoomFor(bytes: number): boolean {
    if (known === null) return true;
    const sentBytes = takenBytes + bytes;
    const earlierBytes = unwritten().reduce((sum, one) => sum + one.bytes, 0);
    const unseenBytes = Math.min(
      mostUnseenBytes,
      earlierBytes * writtenTimes + sentBytes * (writtenTimes - 1),
    );
    // Space inside the chunks' file counts, or a store that was full would stay so whatever is deleted.
    const roomBytes = known.diskBytes - reserveBytes + known.reusableBytes;
    return sentBytes + unseenBytes < roomBytes && unseenBytes < known.diskBytes - reserveBytes / 2;
  }

  function refuseOver(bytes: number): void {
    if (hasRoomFor(bytes)) return;
    if (!isFullLogged && !hasRoomFor(0)) {
      isFullLogged = true;
      log.warn({ ...known, reserveBytes }, 'Storage is full: uploads are refused');
    }
    throw new GridholdError('STORAGE_FULL', 'Storage is full: what is free is kept in reserve');
  }

  return {
    async check(bytes) {
      const fresh = refresh();
      if (fresh) await pTimeout(fresh, { milliseconds: longestWaitMs, message: false });
      refuseOver(bytes);
    },
    take(bytes) {
      void refresh();
      takenBytes += bytes;
      refuseOver(0);
    },
  };
}
