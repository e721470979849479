/**
 * The programs that Gridhold fetched, one folder a version, under the user's cache: `mongod/6.0.5/mongod` and its
 * SHA-256 beside it. A program gets there whole or not at all, and is not run once its bytes have changed.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import envPaths from 'env-paths';

const programName = process.platform === 'win32' ? 'mongod.exe' : 'mongod';
const workPrefix = '.fetching-';
const abandonedAfterMs = 3_600_000;

export const cacheFolder = join(envPaths('gridhold', { suffix: '' }).cache, 'mongod');

/** Newest first; their bytes are not looked at. */
export async function cachedPrograms(): Promise<
  readonly { readonly path: string; readonly version: string }[]
> {
  const entries = await readdir(cacheFolder).catch(() => []);
  const versions = entries.filter((name) => /^\d+\.\d+\.\d+/.test(name));
  versions.sort((one, other) => other.localeCompare(one, 'en', { numeric: true }));
  return versions.map((version) => ({ path: join(cacheFolder, version, programName), version }));
}

/** Whether the bytes are as recorded. A damaged one is taken away, to be fetched anew. */
export async function checkCached(path: string): Promise<boolean> {
  const [recorded, actual] = await Promise.all([
    readFile(`${path}.sha256`, 'utf8').catch(() => ''),
    sha256OfFile(path).catch(() => null),
  ]);
  if (actual !== null && recorded.trim() === actual) return true;
  await rm(join(path, '..'), { recursive: true, force: true });
  return false;
}

/** A folder on the cache's own file system for one fetch. The caller removes it; one of a killed process goes later. */
export async function makeWorkFolder(): Promise<string> {
  await mkdir(cacheFolder, { recursive: true });
  for (const name of (await readdir(cacheFolder)).filter((entry) => entry.startsWith(workPrefix))) {
    const path = join(cacheFolder, name);
    const modifiedAt = (await stat(path).catch(() => null))?.mtimeMs ?? Date.now();
    if (Date.now() - modifiedAt > abandonedAfterMs) await rm(path, { recursive: true, force: true });
  }
  return mkdtemp(join(cacheFolder, workPrefix));
}

/** Moves a program from a work folder to its place. Where another process was faster, its copy is as good. */
export async function addToCache(workFolder: string, program: string, version: string): Promise<string> {
  const prepared = join(workFolder, 'prepared');
  await mkdir(prepared);
  await chmod(program, 0o755);
  await writeFile(join(prepared, `${programName}.sha256`), `${await sha256OfFile(program)}\n`);
  await rename(program, join(prepared, programName));
  const place = join(cacheFolder, version);
  await rename(prepared, place).catch(async (error: unknown) => {
    if (!(await checkCached(join(place, programName)))) throw error;
  });
  return join(place, programName);
}

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1_048_576 }), hash);
  return hash.digest('hex');
}
