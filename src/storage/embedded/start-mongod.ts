/**
 * Starts a mongod of our own on the directory and brings it up to taking writes. If it does not come to that, it is
 * ended again before the error is thrown. Whether to start one at all is open-embedded-mongod.ts's.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { MongodBinary } from './binary/mongod-binary.ts';
import { checkWritable, type DataDirectory, readRecord, writeRecord } from './data-directory.ts';
import { type EmbeddedMongod, EmbeddedMongodError } from './embedded-mongod.ts';
import { explainExit, logLength, type Rival } from './explain-exit.ts';
import { rotateLog } from './log-rotation.ts';
import { connectLoopback, freeLoopbackPort } from './loopback-port.ts';
import { mongodArguments } from './mongod-arguments.ts';
import { becomePrimary, type MongodIdentity, mongodUri } from './replica-set.ts';
import { startWatched, type WatchedProcess } from './watched-process.ts';

/** Recovery after a crash replays the journal first, and may take its time. */
const longestStartMs = 120_000;
/** A clean end writes what is in memory. After that it is killed; the journal has all that was acknowledged. */
const longestStopMs = 30_000;
const pauseMs = 30;

/** A rival was first: the caller may join it, or try again. @throws EmbeddedMongodError */
export async function startMongod(
  directory: DataDirectory,
  binary: MongodBinary,
  signal: AbortSignal | undefined,
): Promise<EmbeddedMongod | Rival> {
  const previous = await readRecord(directory);
  await checkWritable(directory);
  const port = await freeLoopbackPort(previous?.port ?? null);
  const logStart = await logLength(directory);
  signal?.throwIfAborted();
  const mongod = startWatched(binary.path, mongodArguments(directory, port, binary.version));
  const settled = new AbortController();
  const until = AbortSignal.any([
    settled.signal,
    ...(signal ? [signal] : []),
    AbortSignal.timeout(longestStartMs),
  ]);
  try {
    const outcome = await Promise.race([mongod.exited, untilPrimary(port, mongod.pid, until)]);
    if ('code' in outcome) {
      return await explainExit({ exit: outcome, binary, directory, logStart, errorText: mongod.errorText() });
    }
    const { version, fcv, replicaSetId, pid } = outcome;
    const names = { ownerPid: process.pid, binary: binary.path, replicaSetId };
    await writeRecord(directory, { version, fcv, pid, port, ...names });
    return ownedMongod(directory, binary, mongod, port, outcome);
  } catch (error) {
    await end(mongod);
    signal?.throwIfAborted();
    if (error instanceof EmbeddedMongodError) throw error;
    throw new EmbeddedMongodError(`${binary.path} did not become ready; its log is ${directory.logPath}`, {
      cause: error,
    });
  } finally {
    settled.abort();
  }
}

/** Goes on through failures: if the mongod ended, the caller learns it from its exit. */
async function untilPrimary(port: number, pid: number, signal: AbortSignal): Promise<MongodIdentity> {
  let lastError: unknown;
  while (!signal.aborted) {
    const connection = await connectLoopback(port, 1_000);
    connection?.destroy();
    if (connection !== null) {
      try {
        const identity = await becomePrimary(port, pid, signal);
        if (identity !== null) return identity;
      } catch (error) {
        lastError = error;
      }
    }
    await delay(pauseMs);
  }
  throw new Error('it did not become a writable primary in time', { cause: lastError ?? signal.reason });
}

function ownedMongod(
  directory: DataDirectory,
  binary: MongodBinary,
  mongod: WatchedProcess,
  port: number,
  identity: MongodIdentity,
): EmbeddedMongod {
  const endRotation = rotateLog(directory.logPath, mongod.pid);
  void mongod.exited.then(endRotation);
  let stopping: Promise<void> | null = null;
  return {
    uri: mongodUri(port),
    owned: true,
    pid: mongod.pid,
    binary: binary.path,
    version: identity.version,
    dataDir: directory.path,
    logPath: directory.logPath,
    exited: mongod.exited,
    stop: () => {
      stopping ??= end(mongod);
      return stopping;
    },
  };
}

async function end(mongod: WatchedProcess): Promise<void> {
  mongod.terminate('SIGTERM');
  const killing = setTimeout(() => mongod.terminate('SIGKILL'), longestStopMs);
  await mongod.exited;
  clearTimeout(killing);
}
