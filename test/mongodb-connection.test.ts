/** How the service connects to MongoDB. */
import { expect, inject, it, onTestFinished } from 'vitest';
import { connectClient, type MongoConnection } from '../src/storage/connection.ts';

async function connectedBy(options: string): Promise<MongoConnection> {
  const uri = new URL(inject('mongodbUri'));
  const client = await connectClient(`${uri}${uri.search === '' ? '?' : '&'}${options}`);
  onTestFinished(() => client.close());
  return client;
}

it('is known to MongoDB as gridhold, and told soon that a primary is gone', async () => {
  const { options } = await connectedBy('');
  expect(options).toMatchObject({
    appName: 'gridhold',
    heartbeatFrequencyMS: 1_000,
    connectTimeoutMS: 2_000,
    serverSelectionTimeoutMS: 10_000,
  });
});

it('keeps to the options of the connection string, however these are spelled', async () => {
  const { options } = await connectedBy('appname=shop&CONNECTTIMEOUTMS=7000&retryWrites=false');
  expect(options).toMatchObject({
    appName: 'shop',
    connectTimeoutMS: 7_000,
    retryWrites: false,
    heartbeatFrequencyMS: 1_000,
  });
});

it('shows the name of the connection string to whoever looks at MongoDB', async () => {
  const client = await connectedBy('appName=shop%20window');
  const [own] = await client
    .db('admin')
    .aggregate([{ $currentOp: {} }, { $match: { appName: 'shop window' } }])
    .toArray();
  expect(own).toMatchObject({ appName: 'shop window' });
});
