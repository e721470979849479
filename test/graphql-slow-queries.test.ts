/**
 * Lists, filters and counts that MongoDB works on for too long. A mongod of the test's own, told to take the time of
 * every command that has a bound for over: a read without a bound would be answered.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createGridhold } from '../src/gridhold.ts';
import { attach, newFile } from './support/graphql-calls.ts';
import { type Service, startService } from './support/service.ts';
import { app } from './support/use-case-input.ts';

let service: Service;
let client: MongoClient;
let fileId: string;
const closers: (() => Promise<unknown>)[] = [];

afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

beforeAll(async () => {
  const port = await startMongod();
  const direct = await new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`).connect();
  const members = [{ _id: 0, host: `127.0.0.1:${port}` }];
  await direct.db('admin').command({ replSetInitiate: { _id: 'slow', members } });
  await direct.close();
  // Waits for the primary that there will be.
  const uri = `mongodb://127.0.0.1:${port}/?replicaSet=slow`;
  client = await new MongoClient(uri).connect();
  closers.push(() => client.close());
  service = await startService({ MONGODB_URI: uri, GRIDHOLD_SWEEP_INTERVAL: 'off' });
  fileId = await newFile(service);
  await attach(service, fileId, ['posts', '1']);
});

async function startMongod(): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'gridhold-slow-'));
  const port = await freePort();
  const mongod = spawn(
    inject('mongodBinary'),
    [
      ...['--dbpath', directory, '--port', String(port), '--bind_ip', '127.0.0.1', '--replSet', 'slow'],
      ...['--wiredTigerCacheSizeGB', '0.25', '--oplogSize', '64', '--setParameter', 'enableTestCommands=1'],
    ],
    { stdio: 'ignore' },
  );
  closers.push(async () => {
    const exited = once(mongod, 'exit');
    mongod.kill('SIGKILL');
    await exited;
    await rm(directory, { recursive: true, force: true });
  });
  return port;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('No port');
  return address.port;
}

async function takeTimeForOver(mode: 'alwaysOn' | 'off'): Promise<void> {
  await client.db('admin').command({ configureFailPoint: 'maxTimeAlwaysTimeOut', mode });
}

const queries: readonly [what: string, query: string][] = [
  ['a page of files', '{ files { nodes { id } } }'],
  ['a filter', '{ files(filter: { filename: "a" }) { nodes { id } } }'],
  ['a page of attachments', '{ file(id: $id) { attachments { nodes { id } } } }'],
  [
    'a page of what a document holds',
    '{ document(collection: "posts", documentId: "1") { attachments { nodes { id } } } }',
  ],
  [
    'a count of attachments',
    '{ document(collection: "posts", documentId: "1") { attachments(first: 0) { totalCount } } }',
  ],
  ['a page of documents', '{ documents(collection: "posts") { nodes { id } } }'],
  ['the totals', '{ storage { fileCount } }'],
];

describe('a query that runs too long', () => {
  it.each(queries)('is stopped: %s', async (_what, query) => {
    const document = query.includes('$id') ? `query ($id: ID!) ${query}` : query;
    await takeTimeForOver('alwaysOn');
    const stopped = await service.graphql(document, { id: fileId });
    await takeTimeForOver('off');
    expect(stopped.errors).toMatchObject([
      { extensions: { code: 'QUERY_TIMEOUT', retryable: true, retryAfter: 5 } },
    ]);
    expect((await service.graphql(document, { id: fileId })).errors).toBeUndefined();
  });

  it('is stopped when it only counts', async () => {
    const gridhold = await createGridhold({ client, database: service.database, sweepIntervalMs: 'off' });
    const count = () =>
      Promise.allSettled([
        gridhold.useCases.countFiles(null, app),
        gridhold.useCases.countDocuments('posts', app),
      ]);
    expect(await count()).toMatchObject([{ value: 1 }, { value: 1 }]);
    await takeTimeForOver('alwaysOn');
    const stopped = await count();
    await takeTimeForOver('off');
    await gridhold.close();
    expect(stopped).toMatchObject(Array(2).fill({ reason: { code: 'QUERY_TIMEOUT', status: 503 } }));
  });

  it('leaves what goes by ID at work', async () => {
    await takeTimeForOver('alwaysOn');
    const byId = await service.graphql('query ($id: ID!) { file(id: $id) { refCount } }', { id: fileId });
    const bytes = await fetch(`${service.url}/files/${fileId}`);
    await takeTimeForOver('off');
    expect(byId.data).toEqual({ file: { refCount: 1 } });
    expect(bytes.status).toBe(200);
  });
});
