/** A connection to MongoDB that breaks while the driver writes to it. */
import { describe, expect, it } from 'vitest';
import { openStore } from '../src/storage/store.ts';
import { inSession, type Scope, transact } from '../src/storage/transaction.ts';
import { translateError } from '../src/storage/translate-error.ts';
import { openTestGridhold } from './support/open-gridhold.ts';

describe('A connection that breaks while the driver writes to it', () => {
  /** As the driver hands it on where it waits for `drain`. */
  const broken = () =>
    Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write', errno: -32 });

  it('is storage that does not answer, and no failure of ours', () => {
    expect(translateError(broken())).toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    const ofTheDisk = Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC', syscall: 'write' });
    expect(translateError(ofTheDisk)).toBe(ofTheDisk);
  });

  it('has the transaction tried again', async () => {
    const { client, databaseName } = await openTestGridhold();
    const store = await openStore(client, databaseName);
    let attempts = 0;
    const count = await transact(store, async (scope: Scope) => {
      attempts += 1;
      if (attempts === 1) throw broken();
      return await scope.in.files.countDocuments({}, inSession(scope));
    });
    expect({ attempts, count }).toEqual({ attempts: 2, count: 0 });
  });

  it('has the commit sent again', async () => {
    const test = await openTestGridhold();
    await test.db.createCollection('kept');
    const store = await openStore(test.client, test.databaseName);
    let commits = 0;
    await transact(store, async (scope: Scope) => {
      const { session } = scope;
      if (!session) throw new Error('A transaction without a session');
      await store.db.collection('kept').insertOne({}, { session });
      const commit = session.commitTransaction.bind(session);
      session.commitTransaction = async () => {
        await commit();
        commits += 1;
        if (commits === 1) throw broken();
      };
    });
    expect(commits).toBe(2);
    expect(await test.db.collection('kept').countDocuments()).toBe(1);
  });
});
