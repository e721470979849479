/**
 * One embedded mongod for the whole run, opened the way the service opens it, on a directory that goes with the run.
 * Tests take a database of their own: `inject('mongodbUri')` names none.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type Environment, loadEnvironment } from '../../src/config/load-environment.ts';
import { parseSettings } from '../../src/config/parse-settings.ts';
import { openEmbeddedMongod } from '../../src/storage/embedded/open-embedded-mongod.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A one-member replica set, so that transactions work. */
    mongodbUri: string;
    /** The program behind it, for tests that start their own. */
    mongodBinary: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { mongod, mongodDownload } = parseSettings(pickMongod(loadEnvironment()));
  const dataDir = await mkdtemp(join(tmpdir(), 'gridhold-test-'));
  const embedded = await openEmbeddedMongod({
    dataDir,
    mongod,
    download: mongodDownload,
    onProgress: (line) => process.stderr.write(`${line}\n`),
  });
  project.provide('mongodbUri', embedded.uri);
  project.provide('mongodBinary', embedded.binary);
  return async () => {
    await embedded.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}

/** Only what says which program to run: a developer's other settings are not the tests'. */
function pickMongod(environment: Environment): Environment {
  const keys = ['GRIDHOLD_MONGOD', 'GRIDHOLD_MONGOD_DOWNLOAD', 'MONGOMS_SYSTEM_BINARY'];
  return Object.fromEntries(keys.map((key) => [key, environment[key]]));
}
