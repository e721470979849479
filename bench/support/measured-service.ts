/**
 * The built service in a process of its own, on a mongod of its own in a directory that goes at the end: what is
 * measured is the service alone, and nobody else's work.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Db, MongoClient } from 'mongodb';
import { loadEnvironment } from '../../src/config/load-environment.ts';
import { parseSettings } from '../../src/config/parse-settings.ts';
import { openEmbeddedMongod } from '../../src/storage/embedded/open-embedded-mongod.ts';

const collecting = ['--expose-gc', '--import', resolve(import.meta.dirname, 'collect-on-signal.mjs')];
const main = resolve(import.meta.dirname, '../../dist/cli/main.js');
const database = 'bench';

export interface MeasuredService {
  /** Such as `http://127.0.0.1:39211`. */
  readonly url: string;
  readonly pid: number;
  readonly mongodPort: number;
  readonly db: Db;
  /** What nobody holds any more is let go of: what is left is held. */
  collectGarbage(): Promise<void>;
  /** Passes of the command until nothing is due. */
  sweep(): Promise<void>;
}

/** @param freeBytes what the disk must have room for; refused else */
export async function withService(
  freeBytes: number,
  work: (service: MeasuredService) => Promise<void>,
): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'gridhold-bench-'));
  try {
    const { bavail, bsize } = await statfs(dataDir);
    if (bavail * bsize < freeBytes)
      throw new Error(`${tmpdir()} has ${bavail * bsize} bytes free; this needs ${freeBytes}`);
    const { mongod, mongodDownload } = parseSettings({
      GRIDHOLD_MONGOD: loadEnvironment()['GRIDHOLD_MONGOD'],
      MONGOMS_SYSTEM_BINARY: loadEnvironment()['MONGOMS_SYSTEM_BINARY'],
    });
    const embedded = await openEmbeddedMongod({ dataDir, mongod, download: mongodDownload });
    const client = await new MongoClient(embedded.uri, { maxPoolSize: 2 }).connect();
    try {
      await runService(embedded.uri, client.db(database), work);
    } finally {
      await client.close();
      await embedded.stop();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function runService(
  uri: string,
  db: Db,
  work: (service: MeasuredService) => Promise<void>,
): Promise<void> {
  const env = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    MONGODB_URI: uri,
    GRIDHOLD_DATABASE: database,
    PORT: '0',
    GRIDHOLD_SWEEP_INTERVAL: 'off',
    GRIDHOLD_LOG_LEVEL: 'warn',
  };
  const child = spawn(process.execPath, [...collecting, main, 'serve'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  try {
    const url = await addressIn(child.stdout, exited);
    await work({
      url,
      pid: child.pid ?? 0,
      mongodPort: Number(new URL(uri).port),
      db,
      async collectGarbage() {
        // A few times: what a first pass finalizes, a next one frees.
        for (let pass = 0; pass < 3; pass++) {
          child.kill('SIGUSR2');
          await delay(500);
        }
      },
      async sweep() {
        const sweeping = spawn(process.execPath, [main, 'sweep', '--chunk-delay', '0s'], {
          env,
          stdio: 'ignore',
        });
        await once(sweeping, 'exit');
      },
    });
  } finally {
    child.kill('SIGTERM');
    await exited;
  }
}

/** What it prints when it listens. All that follows is read and thrown away. */
async function addressIn(output: NodeJS.ReadableStream, exited: Promise<unknown>): Promise<string> {
  let text = '';
  return await new Promise((resolveUrl, reject) => {
    output.setEncoding('utf8').on('data', (part: string) => {
      text = `${text}${part}`.slice(-10_000);
      const [, found] = /Graphi?QL\s+(http\S+)\/graphql/.exec(text) ?? [];
      if (found) resolveUrl(found);
    });
    void exited.then(() => reject(new Error(`The service ended:\n${text}`)));
  });
}
