/** The attach protocol of docs/data-model.md, run as it stands there: by commands of any language, and in mongosh. */
import { randomBytes } from 'node:crypto';
import type { ClientSession, Db, Document, TransactionOptions } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gridhold } from '../src/gridhold.ts';
import { codeOf, neverStored } from './python/data-model-page.ts';
import { attachByCommands, detachByCommands } from './python/documented-commands.ts';
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
  it('has commands for any language that attach and detach as the library does, and may be repeated', async () => {
    const [theirs, ours] = [await gridhold.store(randomBytes(9)), await gridhold.store(randomBytes(9))];
    const document = { collection: 'messages', documentId: 'by commands' };
    const another = { ...document, documentId: 'another' };
    for (const repeat of ['first', 'again']) {
      await attachByCommands(theirs.id, document, test);
      await gridhold.attach({ fileId: ours.id, document });
      expect(await gridhold.file(theirs.id), repeat).toMatchObject({ refCount: 1, expiresAt: null });
      expect(await recordOf(theirs.id)).toEqual(await recordOf(ours.id));
    }
    await attachByCommands(theirs.id, another, test);
    expect(await gridhold.file(theirs.id)).toMatchObject({ refCount: 2 });
    expect(await detachByCommands(theirs.id, another, test)).toBe(true);
    expect(await recordOf(theirs.id)).toEqual(await recordOf(ours.id));
    for (const isHeld of [true, false]) {
      expect(await detachByCommands(theirs.id, document, test)).toBe(isHeld);
      await gridhold.detach({ fileId: ours.id, document });
      expect(await recordOf(theirs.id)).toEqual(await recordOf(ours.id));
    }
    const { id: kept } = await gridhold.store(randomBytes(9), { keep: true });
    await attachByCommands(kept, document, test);
    expect(await detachByCommands(kept, document, test)).toBe(true);
    expect(await db.collection<Named>('files').findOne({ _id: kept })).not.toHaveProperty(
      'unreferencedSince',
    );
    await expect(attachByCommands(neverStored, document, test)).rejects.toThrow('no such file');
    expect(await brokenInvariants(db)).toEqual([]);
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

type Named = Document & { _id: string };

/** What must be equal whoever has attached: not the IDs and times. */
async function recordOf(fileId: string): Promise<unknown> {
  const file = await db.collection<Named>('files').findOne({ _id: fileId });
  const holds = await db.collection('attachments').find({ fileId }).toArray();
  return {
    refCount: file?.['refCount'],
    isUnreferenced: file?.['unreferencedSince'] instanceof Date,
    holds: holds.map(({ collection, documentId, field, attachedAt }) => [
      collection,
      documentId,
      field,
      attachedAt instanceof Date,
    ]),
  };
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
