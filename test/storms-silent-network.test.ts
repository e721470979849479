/** A network to MongoDB that swallows what is sent: an upload ends, and keeps nothing. */
import { MongoClient } from 'mongodb';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { openBlobWriter } from '../src/storage/blob-writer.ts';
import { createByteBudget } from '../src/storage/byte-budget.ts';
import { openStore } from '../src/storage/store.ts';
import { openCommandProxy } from './support/command-proxy.ts';
import { openTestGridhold } from './support/open-gridhold.ts';

const batchBytes = 8 * 261_120;

describe('Where a batch of chunks is never answered', () => {
  it('the upload is given up, with its part of the budget, its lease and its connections', async () => {
    const test = await openTestGridhold();
    const proxy = await openCommandProxy(inject('mongodbUri'), 'swallowing');
    const client = await new MongoClient(proxy.uri, { maxPoolSize: 3 }).connect();
    onTestFinished(() => client.close(true));
    const store = await openStore(client, test.databaseName);
    const budget = createByteBudget(12 * batchBytes);
    const writer = await openBlobWriter(store, { leaseTtlMs: 60_000, budget, insertTimeoutMs: 500 });
    proxy.onCommand = ({ phase, name }) => phase === 'answered' || name !== 'insert';

    // As many as may be in flight, and as there are connections.
    await writer.write(Buffer.alloc(3 * batchBytes));
    await expect(writer.finish()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    await writer.discard(false);

    expect(budget.usedBytes).toBe(0);
    expect(await store.in.leases.findOne({ _id: writer.blobId })).toMatchObject({ why: 'abandoned' });
  });
});
