/** docs/data-model.md promises names and meanings to other programs: its tables and its lines are compared with the store. */
import { randomBytes } from 'node:crypto';
import { type Db, type Document, ObjectId } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { collectionNames } from '../src/storage/collections.ts';
import {
  type DocumentedCollection,
  documentedCollections,
  documentedFields,
  documentedIndexes,
  namesOfTheRest,
  neverStored,
} from './python/data-model-page.ts';
import { attachByCommands } from './python/documented-commands.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';

let db: Db;

beforeAll(async () => {
  ({ db } = await openTestGridhold());
});

describe('docs/data-model.md', () => {
  it('names each field of what it promises, and its types: each is there, and there is no other', async () => {
    const store = await openTestGridhold();
    await storeOfEveryKind(store);
    for (const collection of documentedCollections) {
      const seen = await storedTypes(store.db, collection);
      const documented = documentedFields(collection);
      for (const { name, types } of documented) {
        const found = seen.get(name) ?? [];
        const promised = types.flat();
        expect(
          found.filter((type) => !promised.includes(type)),
          `${collection}.${name} is`,
        ).toEqual([]);
        const never = types.filter((alternatives) => !alternatives.some((type) => found.includes(type)));
        expect(never, `${collection}.${name} is never`).toEqual([]);
      }
      const names = documented.map(({ name }) => name);
      const others = [...seen.keys()].filter((name) => !names.includes(name));
      expect(
        others.filter((name) => !namesOfTheRest().includes(name)),
        collection,
      ).toEqual([]);
    }
  });

  it('names each collection, and no other', async () => {
    const ours: readonly string[] = Object.values(collectionNames);
    const named = [...documentedCollections, ...namesOfTheRest()];
    expect(ours.filter((name) => !named.includes(name))).toEqual([]);
    // What is left are fields that it says are not promised, and the collections in which they are.
    const left = named.filter((name) => !ours.includes(name));
    expect(left).toEqual(['collectingSince', 'urlEpoch']);
    const stored = await db.listCollections({}, { nameOnly: true }).toArray();
    expect(stored.map(({ name }) => name).filter((name) => !ours.includes(name))).toEqual([]);
  });

  it('promises indexes that are there', async () => {
    const documented = documentedIndexes();
    expect(documented.length).toBeGreaterThan(8);
    for (const { collection, fields, isUnique } of documented) {
      const indexes = await db.collection(collection).indexes();
      const serving = indexes.filter(({ key }) => {
        const keys = Object.keys(key);
        return isUnique ? keys.join() === fields.join() : keys.join().startsWith(fields.join());
      });
      expect(serving, `${collection}: ${fields}`).not.toEqual([]);
      if (isUnique)
        expect(
          serving.some(({ unique }) => unique),
          `${collection}: ${fields}`,
        ).toBe(true);
    }
  });

  it('says truly what an attachment must be: what is not is refused with error 121', async () => {
    const good: Document = {
      fileId: neverStored,
      collection: 'messages',
      documentId: 'm',
      field: 'file',
      attachedAt: new Date(),
    };
    const insert = async (record: Document): Promise<void> => {
      await db.collection('attachments').insertOne({ ...record });
      await db.collection('attachments').deleteOne({ fileId: neverStored });
    };
    await insert(good);
    for (const name of ['collection', 'documentId', 'field']) {
      await insert({ ...good, [name]: 'x' });
      await insert({ ...good, [name]: 'ö'.repeat(200) });
      for (const other of ['', 'x'.repeat(201)]) await expectRefused({ ...good, [name]: other });
    }
    await expectRefused({ ...good, fileId: 'file_1' });
    const required = documentedFields('attachments').filter(
      ({ name, types }) => name !== '_id' && !types.flat().includes('missing'),
    );
    expect(required.map(({ name }) => name)).toEqual(Object.keys(good));
    for (const { name } of required) {
      const { [name]: _, ...without } = good;
      await expectRefused(without);
      for (const other of [new ObjectId(), 1, null]) await expectRefused({ ...good, [name]: other });
    }
  });
});

type Named = Document & { _id: string };

/** So that each field has each type that it may have. */
async function storeOfEveryKind({ gridhold, client, db }: TestGridhold): Promise<void> {
  const owned = { filename: 'a.txt', owner: 'ann', visibility: 'PRIVATE', metadata: { a: 1 } } as const;
  const { id: damaged } = await gridhold.store(randomBytes(10), { keep: true, ...owned });
  const { id: fileId } = await gridhold.store(randomBytes(300_000));
  await gridhold.store(randomBytes(10));
  const document = { collection: 'messages', documentId: 'documented' };
  await gridhold.attach({ fileId, document });
  await client.withSession((session) =>
    session.withTransaction(() => gridhold.attach({ fileId, document }, { session })),
  );
  await attachByCommands(fileId, { ...document, documentId: 'foreign' }, { client, db });
  await gridhold.revokeUrls(fileId);
  const record = await db.collection<Named>('files').findOne({ _id: damaged });
  await db.collection('blobs.chunks').deleteOne({ files_id: record?.['blobId'] });
  // A reader that misses bytes says so in the blob's record.
  await expect((await gridhold.open(damaged)).stream.toArray()).rejects.toThrow('missing');
}

/** By name, also of what stands in `metadata` of a blob: the BSON types that are there, `missing` among them. */
async function storedTypes(db: Db, collection: DocumentedCollection): Promise<Map<string, string[]>> {
  const names = documentedFields(collection).map(({ name }) => name);
  const records = await db.collection(collection).find().toArray();
  const all = new Set([...names, ...records.flatMap((record) => Object.keys(record))]);
  const seen = new Map<string, string[]>();
  for (const name of all) {
    const types = await db
      .collection(collection)
      .aggregate([{ $group: { _id: { $type: `$${name}` } } }])
      .toArray();
    seen.set(
      name,
      types.map(({ _id }) => String(_id)),
    );
  }
  return seen;
}

async function expectRefused(record: Document): Promise<void> {
  const insert = db.collection('attachments').insertOne({ ...record });
  await expect(insert, JSON.stringify(record)).rejects.toMatchObject({ code: 121 });
}
