/** What an instance says of its store, its transactions and its connections: figures of the library, on a real mongod. */
import { setTimeout as pause } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { beforeAll, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { createGridhold, type Gridhold } from '../src/gridhold.ts';
import { createMetrics } from '../src/metrics/metrics.ts';
import { openStore } from '../src/storage/store.ts';
import { transact } from '../src/storage/transaction.ts';
import { openCommandProxy } from './support/command-proxy.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { type Figures, readFigures } from './support/prometheus.ts';
import { codeOf, documentOf } from './support/use-case-input.ts';

let test: TestGridhold;

beforeAll(async () => {
  test = await openTestGridhold({ unreferencedTtlMs: 60_000 });
});

const figuresOf = async (gridhold: Gridhold): Promise<Figures> => readFigures(await gridhold.metrics());

describe('the figures of a Gridhold', () => {
  it('are its own, without those of the process, and two do not mix', async () => {
    const [one, other] = [await test.another(), await test.another()];
    await one.sweep();
    expect((await figuresOf(one)).value('gridhold_sweeps_total', { outcome: 'done' })).toBe(1);
    const figures = await figuresOf(other);
    expect(figures.value('gridhold_sweeps_total', { outcome: 'done' })).toBe(0);
    expect(figures.families.filter(({ name }) => !name.startsWith('gridhold_'))).toEqual([]);
  });

  it('say what waits to be collected, and what a sweep did about it', async () => {
    const gridhold = await test.another();
    const [held, idle] = [
      await gridhold.store(Buffer.from('held')),
      await gridhold.store(Buffer.from('idle')),
    ];
    await gridhold.attach({ fileId: held.id, document: documentOf('posts', 1) });
    const longAgo = new Date(Date.now() - 3_600_000);
    await test.db
      .collection<{ _id: string }>('gridhold')
      .updateOne({ _id: 'gridhold' }, { $set: { collectingSince: longAgo } });
    await test.db
      .collection<{ _id: string }>('files')
      .updateOne({ _id: idle.id }, { $set: { unreferencedSince: longAgo } });
    await test.db
      .collection('leases')
      .insertOne({ why: 'remembered', until: new Date(Date.now() + 3_600_000), since: longAgo });

    const watching = await test.another();
    const before = await figuresOf(watching);
    expect(before.value('gridhold_mongodb_up')).toBe(1);
    expect(before.value('gridhold_files_due')).toBe(1);
    expect(before.value('gridhold_leases', { kind: 'remembered' })).toBe(1);
    expect(before.value('gridhold_leases', { kind: 'writing' })).toBe(0);
    expect(before.value('gridhold_storage_free_bytes')).toBeGreaterThan(0);
    expect(before.value('gridhold_sweep_last_run_timestamp_seconds')).toBe(0);

    await watching.sweep({ dryRun: true });
    await watching.sweep();
    const after = await figuresOf(watching);
    expect(after.value('gridhold_sweeps_total', { outcome: 'done' })).toBe(1);
    expect(after.value('gridhold_sweep_collected_total', { kind: 'file' })).toBe(1);
    expect(after.value('gridhold_sweep_collected_files_bytes_total')).toBe(4);
    expect(after.value('gridhold_sweep_last_run_timestamp_seconds')).toBeGreaterThan(Date.now() / 1000 - 600);
    expect(after.value('gridhold_sweep_last_duration_seconds')).toBeGreaterThan(0);
    const afresh = await figuresOf(await test.another());
    expect(afresh.value('gridhold_files_due')).toBe(0);
    expect(afresh.value('gridhold_leases', { kind: 'deleted' })).toBe(1);
  });

  it('ask MongoDB once for all who want them at once, and not again for some seconds', async () => {
    const client = await new MongoClient(inject('mongodbUri'), { monitorCommands: true }).connect();
    onTestFinished(() => client.close());
    const gridhold = await createGridhold({ client, database: test.databaseName, sweepIntervalMs: 'off' });
    let counts = 0;
    client.on('commandStarted', ({ commandName }) => {
      if (commandName === 'dbStats') counts += 1;
    });
    await Promise.all([gridhold.metrics(), gridhold.metrics(), gridhold.metrics()]);
    await gridhold.metrics();
    expect(counts).toBe(1);
    await gridhold.close();
  });

  it('come also while MongoDB hangs, and say so', async () => {
    const proxy = await openCommandProxy(inject('mongodbUri'), 'metrics-away');
    const client = await new MongoClient(proxy.uri).connect();
    onTestFinished(() => client.close(true));
    const gridhold = await createGridhold({ client, database: test.databaseName, sweepIntervalMs: 'off' });
    let isHanging = true;
    proxy.onCommand = () => !isHanging;
    const startedAt = performance.now();
    const [figures] = await Promise.all([figuresOf(gridhold), figuresOf(gridhold)]);
    const waitedMs = performance.now() - startedAt;
    expect(waitedMs).toBeLessThan(15_000);
    // The reading is still under way: nobody waits for it a second time.
    const again = await Promise.race([figuresOf(gridhold), pause(waitedMs / 2, null)]);
    expect(again?.value('gridhold_mongodb_up')).toBe(0);
    expect(figures.value('gridhold_mongodb_up')).toBe(0);
    for (const name of ['gridhold_files_due', 'gridhold_leases', 'gridhold_storage_free_bytes']) {
      expect(figures.value(name), name).toBeNull();
    }
    expect(figures.value('gridhold_transaction_retries_total')).toBe(0);
    isHanging = false;
    // The hanging connection is never answered: another one is.
    await vi.waitFor(async () => expect((await figuresOf(gridhold)).value('gridhold_mongodb_up')).toBe(1), {
      timeout: 60_000,
      interval: 100,
    });
    await gridhold.close();
  });

  it('tell of connections, and listen to the client no longer than until close', async () => {
    const client = await new MongoClient(inject('mongodbUri'), { maxPoolSize: 7 }).connect();
    onTestFinished(() => client.close());
    const events = [
      'connectionCreated',
      'connectionClosed',
      'connectionCheckedOut',
      'connectionCheckedIn',
    ] as const;
    const listening = (): number => events.reduce((sum, name) => sum + client.listenerCount(name), 0);
    const before = listening();
    const gridhold = await createGridhold({ client, database: test.databaseName, sweepIntervalMs: 'off' });
    expect(listening()).toBeGreaterThan(before);
    const db = client.db(test.databaseName);
    await Promise.all(Array.from({ length: 20 }, () => db.command({ ping: 1 })));
    const figures = await figuresOf(gridhold);
    expect(figures.value('gridhold_mongodb_connections_max')).toBe(7);
    expect(figures.value('gridhold_mongodb_connections')).toBeGreaterThan(0);
    expect(figures.value('gridhold_mongodb_connections_waiting')).toBe(0);
    const again = await createGridhold({ client, database: test.databaseName, sweepIntervalMs: 'off' });
    const together = listening();
    await gridhold.close();
    await gridhold.close();
    expect(listening()).toBe(together);
    expect((await figuresOf(again)).value('gridhold_mongodb_connections')).toBeGreaterThan(0);
    await again.close();
    expect(listening()).toBe(before);
  });
});

describe('transactions', () => {
  it('that conflict are counted as retried, and those that never get through as given up', async () => {
    const metrics = createMetrics({ version: 'test' });
    const store = await openStore(test.client, test.databaseName, metrics.transactions);
    const lock = test.db.collection<{ _id: string; writes: number }>('conflicts');
    await lock.insertOne({ _id: 'one', writes: 0 });
    const session = test.client.startSession();
    onTestFinished(() => session.endSession());
    session.startTransaction();
    await lock.updateOne({ _id: 'one' }, { $inc: { writes: 1 } }, { session });
    const write = (timeoutMs: number, retry: boolean): Promise<string> =>
      codeOf(
        transact(
          store,
          async (scope) => {
            const within = scope.session ? { session: scope.session } : {};
            await lock.updateOne({ _id: 'one' }, { $inc: { writes: 1 } }, within);
          },
          { timeoutMs, retry },
        ),
      );
    expect(await write(1_500, true)).toBe('STORAGE_UNAVAILABLE');
    // A sweep that finds something in its way looks again later: that is nothing to be woken for.
    await expect(write(400, false)).rejects.toThrow();
    const slow = () => new Promise((resolve) => setTimeout(resolve, 300));
    expect(await codeOf(transact(store, slow, { timeoutMs: 50, retry: false }))).toBe('STORAGE_UNAVAILABLE');
    const figures = readFigures(await metrics.read({ ofProcess: false }));
    expect(figures.value('gridhold_transactions_given_up_total')).toBe(1);
    expect(figures.value('gridhold_transaction_retries_total')).toBeGreaterThan(0);
    await session.abortTransaction();
    expect(await write(5_000, true)).toBe('OK');
    const later = readFigures(await metrics.read({ ofProcess: false }));
    expect(later.value('gridhold_transactions_given_up_total')).toBe(1);
  });
});
