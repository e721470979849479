/** docs/data-model.md promises names and meanings to other programs: its tables and its lines are compared with the store. */
import { randomBytes } from 'node:crypto';
import { type ClientSession, type Db, type Document, ObjectId, type TransactionOptions } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gridhold } from '../src/gridhold.ts';
import { codeOf, documentedFields, neverStored, page } from './python/data-model-page.ts';
import { brokenInvariants } from './support/invariants.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';

let test: TestGridhold;
let gridhold: Gridhold;
let db: Db;
let appDb: Db;

beforeAll(async () => {
  test = await openTestGridhold();
  ({ gridhold, db } = test);
  appDb = test.client.db(`${test.databaseName}-app`);
  await appDb.createCollection('messages');
});

afterAll(async () => {
  await appDb.dropDatabase();
});

describe('docs/data-model.md', () => {
  it('names each field of a file and of an attachment, and no other', async () => {
    const document = { collection: 'messages', documentId: 'documented' };
    const { id } = await gridhold.store(randomBytes(10));
    const { id: unheld } = await gridhold.store(randomBytes(10));
    await gridhold.attach({ fileId: id, document });
    await test.client.withSession((session) =>
      session.withTransaction(() => gridhold.attach({ fileId: id, document }, { session })),
    );
    expect(documentedFields('files')).toEqual(await storedFields('files'));
    expect(documentedFields('attachments')).toEqual(await storedFields('attachments'));
    await gridhold.delete({ id, force: true });
    await gridhold.delete({ id: unheld });
  });

  it('names each collection', async () => {
    const collections = await db.listCollections({}, { nameOnly: true }).toArray();
    expect(collections.map(({ name }) => name).filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  it('says truly that an attachment of another form is refused with error 121', async () => {
    const good = {
      fileId: neverStored,
      collection: 'messages',
      documentId: 'm',
      field: 'file',
      attachedAt: new Date(),
    };
    const others = [
      { ...good, documentId: new ObjectId() },
      { ...good, collection: '' },
      { ...good, field: 'x'.repeat(201) },
      { ...good, fileId: 'file_1' },
      { ...good, attachedAt: Date.now() },
    ];
    for (const other of others) {
      await expect(db.collection('attachments').insertOne(other)).rejects.toMatchObject({ code: 121 });
    }
  });

  it('has lines for mongosh that attach in one transaction, and may be repeated', async () => {
    const { id: fileId } = await gridhold.store(randomBytes(10));
    const messageId = 'from mongosh';
    await runAsMongosh({ fileId, messageId });
    await runAsMongosh({ fileId, messageId });
    expect(await messageAndHolds(messageId, fileId)).toEqual([1, 1]);
    expect(await gridhold.file(fileId)).toMatchObject({ refCount: 1 });
    await expect(runAsMongosh({ fileId: neverStored, messageId: 'too late' })).rejects.toThrow(neverStored);
    expect(await messageAndHolds('too late', neverStored)).toEqual([0, 0]);
    expect(await brokenInvariants(db)).toEqual([]);
  });
});

async function storedFields(collection: string): Promise<string[]> {
  const records = await db.collection(collection).find().toArray();
  return [...new Set(records.flatMap((record) => Object.keys(record)))].sort();
}

/** What the lines for mongosh are about: the message, and how many documents hold the file. */
async function messageAndHolds(messageId: string, fileId: string): Promise<[number, number]> {
  const messages = appDb.collection<{ _id: string }>('messages');
  return [
    await messages.countDocuments({ _id: messageId }),
    await db.collection('attachments').countDocuments({ fileId, documentId: messageId }),
  ];
}

/** The page's lines, with what mongosh has and the driver has not: sessions that hand out their databases. */
async function runAsMongosh(values: { readonly fileId: string; readonly messageId: string }): Promise<void> {
  const [lines = ''] = codeOf('js');
  const run = new Function('db', 'fileId', 'messageId', lines);
  const session = test.client.startSession();
  let committed = Promise.resolve();
  const shellSession = {
    getDatabase: (name: string) => ({
      getCollection: (collection: string) => boundTo(session, name === 'app' ? appDb : db, collection),
    }),
    withTransaction: (work: () => Promise<void>, options: TransactionOptions) => {
      committed = session.withTransaction(work, options);
    },
  };
  try {
    run({ getMongo: () => ({ startSession: () => shellSession }) }, values.fileId, values.messageId);
    await committed;
  } finally {
    await session.endSession();
  }
}

function boundTo(session: ClientSession, database: Db, name: string) {
  const collection = database.collection(name);
  return {
    insertOne: (record: Document) => collection.insertOne(record, { session }),
    updateOne: (filter: Document, update: Document, options: object = {}) =>
      collection.updateOne(filter, update, { ...options, session }),
  };
}
