/**
 * Opens the embedded MongoDB on a directory: joins the mongod that runs there, or starts one. Of any number of
 * processes that do so at once, one owns it, because mongod locks its directory and the kernel keeps the lock; the
 * others' mongod ends at once, and they join. No lock of ours can be left behind by a crash.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { locateMongod } from './binary/locate-mongod.ts';
import type { MongodBinary } from './binary/mongod-binary.ts';
import { type DataDirectory, prepareDataDirectory, readRecord } from './data-directory.ts';
import { type EmbeddedMongod, EmbeddedMongodError, type EmbeddedMongodOptions } from './embedded-mongod.ts';
import { joinMongod } from './join-mongod.ts';
import { startMongod } from './start-mongod.ts';

/** For an owner that is still starting, or a mongod that is still ending because its owner was killed. */
const longestWaitMs = 120_000;
const mostPauseMs = 1_000;

/** @throws EmbeddedMongodError that says what helps; the signal's reason where that ended it */
export async function openEmbeddedMongod(options: EmbeddedMongodOptions): Promise<EmbeddedMongod> {
  const { onProgress, signal } = options;
  const directory = await prepareDataDirectory(options.dataDir);
  let binary: MongodBinary | null = null;
  let waitingSince: number | null = null;
  for (let pauseMs = 100; ; pauseMs = Math.min(pauseMs * 1.5, mostPauseMs)) {
    signal?.throwIfAborted();
    const running = await joinMongod(directory);
    if (running !== null) return running;
    binary ??= await findBinary(directory, options);
    const started = await startMongod(directory, binary, signal);
    if (typeof started === 'object') return started;
    if (waitingSince === null) {
      waitingSince = performance.now();
      if (started === 'DIRECTORY_IN_USE') {
        onProgress?.(`Waiting for the MongoDB that another process runs in ${directory.path}`);
      }
    } else if (performance.now() - waitingSince > longestWaitMs) {
      throw new EmbeddedMongodError(
        `Another mongod holds ${directory.path}, and neither answers nor ends. Its log is ${directory.logPath}.`,
      );
    }
    await delay(pauseMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}

async function findBinary(directory: DataDirectory, options: EmbeddedMongodOptions): Promise<MongodBinary> {
  const record = await readRecord(directory);
  return locateMongod({
    named: options.mongod,
    download: options.download,
    pinned: record === null ? null : { version: record.version, fcv: record.fcv, dataDir: directory.path },
    onProgress: options.onProgress,
    signal: options.signal,
  });
}
