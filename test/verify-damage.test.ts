/** Verify on each damage that GridFS's own tests know, and others: it names exactly that, and that blob. */
import { randomBytes } from 'node:crypto';
import type { Db, Document, ObjectId } from 'mongodb';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Finding, VerifyOptions } from '../src/domain/verify/contract.ts';
import { alterBytes, chunkBytes, gridfsDamages } from './support/gridfs-damage.ts';
import { brokenInvariants } from './support/invariants.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { emptyStore } from './support/use-case-input.ts';

let store: TestGridhold;
let db: Db;

beforeAll(async () => {
  store = await openTestGridhold();
  db = store.db;
});

beforeEach(async () => {
  await emptyStore(db);
  // A neighbour that nothing is done to.
  await store.gridhold.store(randomBytes(chunkBytes + 1));
});

async function storedBlob(bytes: Uint8Array): Promise<ObjectId> {
  const { id } = await store.gridhold.store(bytes);
  const file = await db.collection<Document & { _id: string }>('files').findOne({ _id: id });
  return file?.['blobId'];
}

async function findings(options: VerifyOptions = {}): Promise<Finding[]> {
  const found: Finding[] = [];
  for await (const finding of store.gridhold.verify(options)) found.push(finding);
  return found;
}

const named = (found: readonly Finding[]): unknown[] => found.map(({ rule, id }) => ({ rule, id }));

describe('verify', () => {
  it.each(gridfsDamages)('where $name', async ({ length, invariant, damage }) => {
    const blobId = await storedBlob(randomBytes(length));
    await damage(db, blobId);
    const expected = invariant === null ? [] : [{ rule: invariant, id: blobId.toHexString() }];
    expect(named(await findings())).toEqual(expected);
    expect(named(await findings({ deep: true }))).toEqual(expected);
  });

  it('where one byte is another, by a deep look; once that is known, by any, until it is repaired', async () => {
    const bytes = randomBytes(3 * chunkBytes);
    const blobId = await storedBlob(bytes);
    await alterBytes(db, blobId);
    expect(await findings()).toEqual([]);
    const expected = [{ rule: 5, id: blobId.toHexString() }];
    expect(named(await findings({ deep: true }))).toEqual(expected);
    expect(named(await findings())).toEqual(expected);
    await storedBlob(bytes);
    expect(await findings({ repair: true })).toMatchObject([{ rule: 5, repaired: true }]);
    expect(await findings({ deep: true })).toEqual([]);
  });

  it.each(gridfsDamages.filter(({ invariant }) => invariant === 5))(
    'and its repair, once equal bytes are stored anew, where $name',
    async ({ length, damage }) => {
      const bytes = randomBytes(length);
      const blobId = await storedBlob(bytes);
      await damage(db, blobId);
      await findings();
      await storedBlob(bytes);
      expect(await findings({ repair: true })).toMatchObject([{ rule: 5, repaired: true }]);
      expect(await findings({ deep: true })).toEqual([]);
      expect(await brokenInvariants(db)).toEqual([]);
      expect(await db.collection('files').countDocuments({ blobId })).toBe(0);
    },
  );
});
