/** The programs that are on this machine already: the named one, PATH's, and those in Gridhold's cache. */
import { cachedPrograms, cacheFolder, checkCached } from './gridhold-cache.ts';
import type { Attempt, MongodBinary, SearchOptions } from './mongod-binary.ts';
import { probeMongod, refusal, tooOld } from './mongod-version.ts';

/** What somebody named is used on whatever data: moving data up a release is theirs to decide, and mongod's to refuse. */
export async function checkNamed(path: string, { signal }: SearchOptions): Promise<Attempt> {
  const probe = await probeMongod(path, signal);
  if ('problem' in probe) return { reason: `${path}: ${probe.problem}` };
  if (tooOld(probe.version)) return { reason: `${path}: ${refusal(probe.version, null)}` };
  return { found: { path, version: probe.version } };
}

export async function findOnPath({ pinned, signal }: SearchOptions): Promise<Attempt> {
  const probe = await probeMongod('mongod', signal);
  if ('problem' in probe) return { reason: probe.problem };
  const unfit = refusal(probe.version, pinned);
  return unfit === null ? { found: { path: 'mongod', version: probe.version } } : { reason: unfit };
}

export async function findInCache({ pinned, signal }: SearchOptions): Promise<Attempt> {
  const reasons: string[] = [];
  for (const { path, version } of await cachedPrograms()) {
    const found = await checkOne({ path, version }, pinned, signal);
    if (typeof found === 'object') return { found };
    reasons.push(`${version}: ${found}`);
  }
  return { reason: reasons.length > 0 ? reasons.join('; ') : `nothing in ${cacheFolder}` };
}

async function checkOne(
  program: MongodBinary,
  pinned: SearchOptions['pinned'],
  signal: AbortSignal | undefined,
): Promise<MongodBinary | string> {
  const unfit = refusal(program.version, pinned);
  if (unfit !== null) return unfit;
  if (!(await checkCached(program.path))) return 'its bytes are not those that were fetched';
  const probe = await probeMongod(program.path, signal);
  return 'version' in probe ? { path: program.path, version: probe.version } : probe.problem;
}
