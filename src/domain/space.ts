/**
 * Refuses bytes before MongoDB's disk is full: a full disk ends mongod, and with it everything else. What is known of
 * the disk is a few seconds old; what this process has written since is counted on top. Where the disk is not known,
 * nothing is refused: then only MongoDB's own refusal is left.
 */
import { GridholdError } from '../errors/gridhold-error.ts';
import type { FreeSpace } from '../storage/free-space.ts';

interface SpaceLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface Space {
  /** Before the first byte. @param bytes announced, or 0. @throws STORAGE_FULL */
  check(bytes: number): Promise<void>;
  /** As bytes pass: counted, and refused once the reserve is reached. Never waits. @throws STORAGE_FULL */
  take(bytes: number): void;
}

const freshMs = 5_000;
/** How long an upload waits for a reading before it goes by the last one, or by none. */
const longestWaitMs = 1_000;

export function createSpace(options: {
  readonly read: () => Promise<FreeSpace | null>;
  /** 0: nothing is checked. */
  readonly reserveBytes: number;
  readonly log: SpaceLogger;
  readonly freshMs?: number;
}): Space {
  const { read, reserveBytes, log } = options;
  if (reserveBytes === 0) return { check: async () => undefined, take: () => undefined };
  let roomBytes: number | null = null;
  let takenBytes = 0;
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
      roomBytes = roomIn(space, reserveBytes);
      // What passed while it was read is counted twice rather than not at all.
      takenBytes -= takenBefore;
      if (isFullLogged && roomBytes > 0) {
        isFullLogged = false;
        log.info({ ...space, reserveBytes }, 'There is room in storage again');
      }
    } catch (error) {
      roomBytes = null;
      if (isUnknownLogged) return;
      isUnknownLogged = true;
      log.warn({ err: error }, 'The free space of MongoDB is not known: uploads are not refused for it');
    }
  }

  function refuseOver(bytes: number): void {
    if (roomBytes === null) return;
    const leftBytes = roomBytes - takenBytes;
    if (leftBytes > bytes) return;
    if (leftBytes <= 0 && !isFullLogged) {
      isFullLogged = true;
      log.warn({ leftBytes, reserveBytes }, 'Storage is full: uploads are refused');
    }
    throw new GridholdError('STORAGE_FULL', 'Storage is full: what is free is kept in reserve');
  }

  return {
    async check(bytes) {
      const fresh = refresh();
      if (fresh) await atMost(longestWaitMs, fresh);
      refuseOver(bytes);
    },
    take(bytes) {
      void refresh();
      takenBytes += bytes;
      refuseOver(0);
    },
  };
}

/**
 * What may still be written. Space inside the chunks' file counts, or a store that was full would stay so whatever is
 * deleted; but not once half of the reserve is gone, for journal and log need the disk itself.
 */
function roomIn({ diskBytes, reusableBytes }: FreeSpace, reserveBytes: number): number {
  const aboveReserve = diskBytes - reserveBytes;
  return diskBytes < reserveBytes / 2 ? aboveReserve : aboveReserve + reusableBytes;
}

async function atMost(timeMs: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeIsOver = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeMs);
  });
  try {
    await Promise.race([work, timeIsOver]);
  } finally {
    clearTimeout(timer);
  }
}
