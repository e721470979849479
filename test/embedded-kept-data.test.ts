/**
 * What a data directory of the embedded MongoDB keeps: files that a client was told of are served after an orderly end,
 * after a SIGKILL of the service and after one of mongod, each in the midst of uploads, and the invariants hold.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterAll, expect, inject, it } from 'vitest';
import { openEmbeddedMongod } from '../src/storage/embedded/open-embedded-mongod.ts';
import { eventually } from './support/eventually.ts';
import { brokenInvariants } from './support/invariants.ts';
import { type Service, startService } from './support/service.ts';

const mongod = inject('mongodBinary');
const dataDir = await mkdtemp(join(tmpdir(), 'gridhold-kept-'));
afterAll(() => rm(dataDir, { recursive: true, force: true }));

const start = () =>
  startService({
    MONGODB_URI: '',
    GRIDHOLD_DATABASE: 'gridhold',
    GRIDHOLD_DATA_DIR: dataDir,
    GRIDHOLD_MONGOD: mongod,
    GRIDHOLD_SHUTDOWN_TIMEOUT: '1s',
    GRIDHOLD_SWEEP_INTERVAL: 'off',
  });

/** What clients were told of: the ID, and what its bytes hash to. */
const acknowledged = new Map<string, string>();

/** Sends one file after the other until one fails. */
async function upload({ url }: Service): Promise<void> {
  for (;;) {
    const bytes = randomBytes(1 + Math.floor(Math.random() * 600_000));
    const answer = await fetch(`${url}/files`, { method: 'POST', body: bytes }).catch(() => null);
    const stored = answer?.status === 201 ? await answer.json().catch(() => null) : null;
    if (stored === null) return;
    acknowledged.set(stored.id, createHash('sha256').update(bytes).digest('hex'));
  }
}

async function killMongod(service: Service): Promise<void> {
  const { pid, owned, logPath, stop } = await openEmbeddedMongod({ dataDir, mongod, download: 'off' });
  expect(owned).toBe(false);
  process.kill(pid, 'SIGKILL');
  await stop();
  // Nobody asked for this end: whoever is on call finds it among the errors, with the file that tells more.
  const why = { code: null, signal: 'SIGKILL', pid, logPath };
  await eventually(() => service.log().find(({ event }) => event === 'stopping')).toMatchObject({
    level: 50,
    why: 'MongoDB ended',
    mongod: why,
  });
  expect((await stat(logPath)).size).toBeGreaterThan(0);
}

const ends: Readonly<Record<string, (service: Service) => Promise<unknown>>> = {
  'an orderly end': (service) => service.stop(),
  'a SIGKILL of the service': (service) => service.stop('SIGKILL'),
  'a SIGKILL of mongod': killMongod,
};

it('loses nothing that a client was told of, whatever ends it in the midst of uploads', async () => {
  let service = await start();
  for (const [name, end] of Object.entries(ends)) {
    const before = acknowledged.size;
    const uploads = [upload(service), upload(service), upload(service)];
    await eventually(() => acknowledged.size).toBeGreaterThan(before + 10);
    await end(service);
    await Promise.all(uploads);
    // Where mongod ends, the service does, and says so to its supervisor.
    await eventually(() => service.process.exitCode ?? service.process.signalCode).not.toBeNull();

    service = await start();
    for (const [id, sha256] of acknowledged) {
      const answer = await fetch(`${service.url}/files/${id}`);
      const bytes = Buffer.from(await answer.arrayBuffer());
      const received = createHash('sha256').update(bytes).digest('hex');
      expect([answer.status, received], `${id} after ${name}`).toEqual([200, sha256]);
    }
    expect(await broken(), name).toEqual([]);
  }
  await service.stop();
});

async function broken(): Promise<string[]> {
  const joined = await openEmbeddedMongod({ dataDir, mongod, download: 'off' });
  const client = await new MongoClient(joined.uri).connect();
  try {
    return await brokenInvariants(client.db('gridhold'));
  } finally {
    await client.close();
    await joined.stop();
  }
}
