/**
 * The mongod that mongodb-memory-server has in its cache or downloads from MongoDB. The library runs in a process of
 * its own (memory-server-main.ts): it prints to stdout, can't be broken off, and brings a driver of its own.
 */
import { fileURLToPath } from 'node:url';
import { foundPrefix } from './memory-server-output.ts';
import type { Attempt, SearchOptions } from './mongod-binary.ts';
import { probeMongod, refusal } from './mongod-version.ts';
import { runProgram } from './run-program.ts';

/** From the sources and from what is built of them alike; node can run the latter only. */
const program = fileURLToPath(
  new URL('../../../../dist/storage/embedded/binary/memory-server-main.js', import.meta.url),
);
const longestDownloadMs = 900_000;
const longestLookMs = 20_000;

/** Only looks where earlier downloads lie; none of them is made. */
export function findInMemoryServerCache(options: SearchOptions): Promise<Attempt> {
  return run('cache', longestLookMs, options);
}

/** Looks there first, then downloads, if anything answers at the other end. */
export function downloadByMemoryServer(options: SearchOptions): Promise<Attempt> {
  return run('download', longestDownloadMs, options);
}

async function run(mode: 'cache' | 'download', timeoutMs: number, options: SearchOptions): Promise<Attempt> {
  const { onProgress, pinned, signal } = options;
  let path: string | null = null;
  const { ok, problem } = await runProgram(process.execPath, [program, mode, pinned?.version ?? ''], {
    timeoutMs,
    signal,
    environment: {
      // The library checks certificates only where npm was told to in so many words.
      npm_config_strict_ssl: 'true',
      MONGOMS_SYSTEM_BINARY: '',
      MONGOMS_RUNTIME_DOWNLOAD: String(mode === 'download'),
    },
    onLine: (line) => {
      if (line.startsWith(foundPrefix)) path = line.slice(foundPrefix.length);
      else if (line.trim() !== '') onProgress?.(line.trim());
    },
  });
  if (!ok || path === null) return { reason: problem || 'none' };
  return accept(path, options);
}

async function accept(path: string, { pinned, signal }: SearchOptions): Promise<Attempt> {
  const probe = await probeMongod(path, signal);
  if ('problem' in probe) return { reason: `${path} does not run here: ${probe.problem}` };
  const unfit = refusal(probe.version, pinned);
  return unfit === null ? { found: { path, version: probe.version } } : { reason: `${path}: ${unfit}` };
}
