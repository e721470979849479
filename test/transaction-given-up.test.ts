/** A transaction that is given up while MongoDB is still at one of its statements: nothing that comes after is done. */
import { MongoClient } from 'mongodb';
import { beforeAll, expect, inject, it, onTestFinished } from 'vitest';
import { openStore } from '../src/storage/store.ts';
import { inSession, transact } from '../src/storage/transaction.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';

const transactionMs = 200;
/** Longer than that, and than the second that an abort is waited for. */
const statementMs = 2_000;
let test: TestGridhold;

beforeAll(async () => {
  test = await openTestGridhold();
  await test.gridhold.store(Buffer.from('a record to be slow at'));
  await test.db.createCollection('late');
});

/** With one statement that is slow, and then a write. @returns what the work ended by, long after it was given up */
async function giveUp(maxPoolSize: number): Promise<string> {
  const client = await new MongoClient(inject('mongodbUri'), { maxPoolSize }).connect();
  onTestFinished(() => client.close());
  const store = await openStore(client, test.databaseName);
  let end = (_how: string): void => undefined;
  const ended = new Promise<string>((resolve) => {
    end = resolve;
  });
  const given = transact(
    store,
    async (scope) => {
      try {
        await scope.in.files.findOne({}, inSession(scope));
        await scope.in.files.findOne({ $where: `sleep(${statementMs}) || true` }, inSession(scope));
        await store.db.collection('late').insertOne({}, inSession(scope));
        end('written');
      } catch (error) {
        end(String(error));
        throw error;
      }
    },
    { timeoutMs: transactionMs },
  );
  await expect(given).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  return await ended;
}

// One after another they wait for a connection: the abort, and whatever the work asks for next.
it.each([2, 3, 100])('writes nothing outside of itself, with %i connections', async (maxPoolSize) => {
  const ends = await Promise.all(Array.from({ length: 4 }, () => giveUp(maxPoolSize)));
  expect(ends).not.toContain('written');
  expect(await test.db.collection('late').countDocuments()).toBe(0);
});
