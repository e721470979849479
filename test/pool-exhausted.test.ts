/** Connections that are all in use, and a client that is told not to wait for one for long. */
import { MongoClient } from 'mongodb';
import { expect, inject, it, onTestFinished } from 'vitest';
import { createGridhold } from '../src/gridhold.ts';
import { openTestGridhold } from './support/open-gridhold.ts';
import { codeOf, documentOf } from './support/use-case-input.ts';

it('Who finds no connection in the time that waitQueueTimeoutMS gives is told to come again', async () => {
  const test = await openTestGridhold();
  const { id } = await test.gridhold.store(Buffer.from('a record to be slow at'));
  const options = { maxPoolSize: 1, waitQueueTimeoutMS: 1_000 };
  const client = await new MongoClient(inject('mongodbUri'), options).connect();
  onTestFinished(() => client.close());
  const gridhold = await createGridhold({ client, database: test.databaseName, sweepIntervalMs: 'off' });
  onTestFinished(() => gridhold.close());

  const slow = client.db(test.databaseName).collection('files').findOne({ $where: 'sleep(4000) || true' });
  const refusals = await Promise.all([
    codeOf(gridhold.file(id)),
    codeOf(gridhold.attach({ fileId: id, document: documentOf('posts', 1) })),
    codeOf(gridhold.store(Buffer.from('other bytes'))),
  ]);
  expect(refusals).toEqual(Array.from(refusals, () => 'STORAGE_UNAVAILABLE'));
  await slow;
  await gridhold.attach({ fileId: id, document: documentOf('posts', 1) });
});
