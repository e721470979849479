/** What readers of one process share: whose turn it is, and what one that takes nothing holds. */
import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { createByteBudget } from '../src/storage/byte-budget.ts';
import { type ChunkedBytes, type Reading, readChunks } from '../src/storage/chunk-reader.ts';
import { createReadTurns } from '../src/storage/read-turns.ts';
import { openStore, type Store } from '../src/storage/store.ts';
import { eventually } from './support/eventually.ts';
import { openTestGridhold } from './support/open-gridhold.ts';

describe('turns at reading', () => {
  it('are the newcomers’ before the others’, of whom every fourth one is let in all the same', async () => {
    const turns = createReadTurns(1);
    const order: string[] = [];
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const all = [turns.run(false, async () => await gate)];
    const queue = (name: string, isNewcomer: boolean): void => {
      all.push(
        turns.run(isNewcomer, async () => {
          order.push(name);
        }),
      );
    };
    for (const name of ['o1', 'o2']) queue(name, false);
    for (const name of ['n1', 'n2', 'n3', 'n4', 'n5']) queue(name, true);
    open();
    await Promise.all(all);
    expect(order).toEqual(['n1', 'n2', 'n3', 'o1', 'n4', 'n5', 'o2']);
  });

  it('go on after one that failed', async () => {
    const turns = createReadTurns(1);
    const failing = turns.run(true, async () => await Promise.reject(new Error('no primary')));
    const next = turns.run(true, async () => 'read');
    await expect(failing).rejects.toThrow('no primary');
    expect(await next).toBe('read');
  });
});

describe('a reader that is not asked for more', () => {
  const bytes = randomBytes(6_000_000);
  let store: Store;
  let blob: ChunkedBytes;

  beforeAll(async () => {
    const test = await openTestGridhold();
    await test.gridhold.store(bytes);
    store = await openStore(test.client, test.databaseName);
    const [found] = await store.in.blobs.find().toArray();
    if (!found) throw new Error('Nothing was stored');
    blob = { blobId: found._id, length: bytes.byteLength, chunkSize: found.chunkSize };
  });

  it('gives back what it holds, and reads on from where it was', async () => {
    const budgetBytes = 16 * blob.chunkSize;
    const reading: Reading = {
      budget: createByteBudget(budgetBytes),
      turns: createReadTurns(4),
      idleMs: 100,
    };
    const readers = Array.from({ length: 8 }, () =>
      readChunks(store, blob, { start: 10, end: bytes.byteLength - 1 }, reading),
    );
    const first = await Promise.all(
      readers.map(async (reader) => (await reader.next()).value ?? Buffer.alloc(0)),
    );
    const isAllFree = (): boolean => {
      const isFree = reading.budget.tryTake(budgetBytes);
      if (isFree) reading.budget.release(budgetBytes);
      return isFree;
    };
    expect(isAllFree()).toBe(false);
    await eventually(isAllFree).toBe(true);

    for (const [index, reader] of readers.entries()) {
      const parts = [first[index] ?? Buffer.alloc(0)];
      for await (const part of reader) parts.push(part);
      expect(Buffer.concat(parts).equals(bytes.subarray(10))).toBe(true);
    }
    expect(isAllFree()).toBe(true);
  });

  it('gives back what it holds when it is left', async () => {
    const budgetBytes = 16 * blob.chunkSize;
    const reading: Reading = {
      budget: createByteBudget(budgetBytes),
      turns: createReadTurns(4),
      idleMs: 60_000,
    };
    const reader = readChunks(store, blob, { start: 0, end: bytes.byteLength - 1 }, reading);
    await reader.next();
    await reader.return();
    expect(reading.budget.tryTake(budgetBytes)).toBe(true);
  });
});
