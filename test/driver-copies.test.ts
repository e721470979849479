/** An app whose client is of another copy of the driver than ours, and of another copy of BSON: Mongoose brings its own. */
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MongoClient, MongoError } from 'mongodb';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { repository } from './support/service.ts';
import { refusalOf } from './support/use-case-input.ts';

let directory: string;
let client: MongoClient;
let store: TestGridhold;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gridhold-driver-'));
  const modules = join(directory, 'node_modules');
  const installed = join(repository, 'node_modules');
  await mkdir(modules);
  for (const name of ['mongodb', 'bson']) {
    await cp(join(installed, name), join(modules, name), { recursive: true });
  }
  for (const name of ['mongodb-connection-string-url', '@mongodb-js']) {
    await symlink(join(installed, name), join(modules, name));
  }
  const entry = pathToFileURL(join(modules, 'mongodb/lib/index.js')).href;
  const driver: typeof import('mongodb') = await import(entry);
  expect(driver.MongoError).not.toBe(MongoError);
  client = await new driver.MongoClient(inject('mongodbUri')).connect();
  expect(client).not.toBeInstanceOf(MongoClient);
  store = await openTestGridhold({ client });
});

afterAll(async () => {
  await client.close();
  await rm(directory, { recursive: true, force: true });
});

const manyChunks = Buffer.alloc(700_000, 7);

test('has its bytes stored and read', async () => {
  const { id } = await store.gridhold.store(manyChunks, { metadata: { $ref: 'a', $id: 'b', n: 1.5 } });
  const { file, stream } = await store.gridhold.open(id);
  expect(Buffer.concat(await stream.toArray()).equals(manyChunks)).toBe(true);
  expect(file.metadata).toEqual({ $ref: 'a', $id: 'b', n: 1.5 });
});

test('has its conflicts tried again', async () => {
  const { id } = await store.gridhold.store(manyChunks);
  const documents = Array.from({ length: 12 }, (_, index) => ({ collection: 'm', documentId: `${index}` }));
  await Promise.all(documents.map((document) => store.gridhold.attach({ fileId: id, document })));
  const equal = await Promise.all(documents.map(() => store.gridhold.store(Buffer.alloc(300_000, 8))));
  expect(await store.gridhold.file(id)).toMatchObject({ refCount: documents.length });
  expect(new Set(equal.map((file) => file.sha256)).size).toBe(1);
});

test('is told of no damage where there is none', async () => {
  await store.gridhold.store(manyChunks);
  const findings: unknown[] = [];
  for await (const finding of store.gridhold.verify({ deep: true })) findings.push(finding);
  expect(findings).toEqual([]);
});

test('is told of a MongoDB that is away by our code', async () => {
  const { id } = await store.gridhold.store(manyChunks);
  await client.close();
  expect(await refusalOf(store.gridhold.file(id))).toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
});
