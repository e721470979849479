/**
 * Refuse before you write: an app that catches a refusal inside its own transaction, and commits all the same, has
 * committed its own write and nothing of ours. MongoDB's hash over each collection says so.
 */
import { randomBytes } from 'node:crypto';
import type { ClientSession, Db, MongoClient, ObjectId } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Gridhold, GridholdError } from '../src/gridhold.ts';
import { brokenInvariants } from './support/invariants.ts';
import { openTestGridhold } from './support/open-gridhold.ts';

const message = { collection: 'messages', documentId: 'm1' };
const crowded = { collection: 'messages', documentId: 'crowded' };
const neverStored = 'file_01h455vb4pex5vsknk084sn02q';
const tooLong = 'x'.repeat(201);
const halfASurrogate = 'a\ud800';
/** Input of the wrong type, as it comes from an app that no compiler checks. */
const untyped = <T>(value: unknown): T => value as T;
const malformed = [
  '',
  'file_',
  'nonsense',
  'file_01H455VB4PEX5VSKNK084SN02Q',
  `${neverStored}\n`,
  untyped<string>(null),
  untyped<string>({ $ne: null }),
  untyped<string>([neverStored]),
];
/** One more than fit a caller's transaction. */
const tooMany = 10_001;

let gridhold: Gridhold;
let client: MongoClient;
let db: Db;
/** One that `message` holds, one that nothing holds, and one that too many documents hold. */
let held: string;
let unheld: string;
let popular: string;

beforeAll(async () => {
  ({ gridhold, client, db } = await openTestGridhold());
  await db.createCollection('messages');
  const store = async () => (await gridhold.store(randomBytes(100))).id;
  [held, unheld, popular] = [await store(), await store(), await store()];
  await gridhold.attach({ fileId: held, document: message });
  await holdByTooMany(popular);
  await holdTooMany(unheld);
  expect(await brokenInvariants(db)).toEqual([]);
});

interface Refusal {
  readonly title: string;
  readonly code: string;
  /** What the message must name. */
  readonly names?: string;
  call(session: ClientSession): Promise<unknown>;
}

const refusals: readonly Refusal[] = [
  {
    title: 'attach of a file that is not there',
    code: 'FILE_NOT_FOUND',
    call: (session) => gridhold.attach({ fileId: neverStored, document: message }, { session }),
  },
  ...malformed.map((fileId) => ({
    title: `attach of ${JSON.stringify(fileId)}`,
    code: 'FILE_NOT_FOUND',
    call: (session: ClientSession) => gridhold.attach({ fileId, document: message }, { session }),
  })),
  {
    title: 'attach replacing with a file that is not there',
    code: 'FILE_NOT_FOUND',
    call: (session) =>
      gridhold.attach({ fileId: neverStored, document: message, replace: true }, { session }),
  },
  {
    title: 'attach replacing in a field that holds too many',
    code: 'BAD_USER_INPUT',
    names: 'field',
    call: (session) => gridhold.attach({ fileId: held, document: crowded, replace: true }, { session }),
  },
  ...[
    { names: 'collection', document: { ...message, collection: '' }, field: null },
    { names: 'collection', document: { ...message, collection: untyped<string>(null) }, field: null },
    { names: 'document', document: untyped<typeof message>(null), field: null },
    { names: 'documentId', document: { ...message, documentId: tooLong }, field: null },
    { names: 'documentId', document: { ...message, documentId: halfASurrogate }, field: null },
    {
      names: 'documentId',
      document: { ...message, documentId: untyped<string>({ $ne: null }) },
      field: null,
    },
    { names: 'documentId', document: { ...message, documentId: untyped<string>(['m1']) }, field: null },
    { names: 'field', document: message, field: '' },
    { names: 'field', document: message, field: tooLong },
    { names: 'field', document: message, field: untyped<string>(7) },
  ].flatMap(({ names, document, field }): Refusal[] => {
    const what = `${names} ${JSON.stringify(names === 'field' ? field : document).slice(0, 60)}`;
    const code = 'BAD_USER_INPUT';
    return [
      {
        title: `attach: ${what}`,
        code,
        names,
        call: (session) => gridhold.attach({ fileId: unheld, document, field }, { session }),
      },
      {
        title: `detach: ${what}`,
        code,
        names,
        call: (session) => gridhold.detach({ fileId: held, document, field }, { session }),
      },
      {
        title: `setDocumentFiles: ${what}`,
        code,
        names,
        call: (session) => gridhold.setDocumentFiles({ document, field, fileIds: [unheld] }, { session }),
      },
      ...(names === 'field'
        ? []
        : [
            {
              title: `detachDocument: ${what}`,
              code,
              names,
              call: (session: ClientSession) => gridhold.detachDocument({ document }, { session }),
            },
          ]),
    ];
  }),
  {
    title: 'setDocumentFiles with one of two missing',
    code: 'FILE_NOT_FOUND',
    names: neverStored,
    call: (session) =>
      gridhold.setDocumentFiles({ document: message, fileIds: [unheld, neverStored] }, { session }),
  },
  {
    title: 'setDocumentFiles with a malformed one',
    code: 'FILE_NOT_FOUND',
    call: (session) =>
      gridhold.setDocumentFiles({ document: message, fileIds: ['nonsense', unheld] }, { session }),
  },
  {
    title: 'setDocumentFiles with 101',
    code: 'BAD_USER_INPUT',
    names: 'fileIds',
    call: (session) =>
      gridhold.setDocumentFiles(
        { document: message, fileIds: Array.from({ length: 101 }, (_, n) => fileIdOf(n)) },
        { session },
      ),
  },
  {
    title: 'setDocumentFiles of a field that holds too many',
    code: 'BAD_USER_INPUT',
    names: 'field',
    call: (session) => gridhold.setDocumentFiles({ document: crowded, fileIds: [] }, { session }),
  },
  {
    title: 'detachDocument of a document that holds too many',
    code: 'BAD_USER_INPUT',
    names: 'document',
    call: (session) => gridhold.detachDocument({ document: crowded }, { session }),
  },
  {
    title: 'delete of a file that is held',
    code: 'FILE_IN_USE',
    call: (session) => gridhold.delete({ id: held }, { session }),
  },
  {
    title: 'delete by force of a file that too many hold',
    code: 'FILE_IN_USE',
    call: (session) => gridhold.delete({ id: popular, force: true }, { session }),
  },
];

describe('A refusal that is caught in the app’s own transaction, and then committed, has written nothing', () => {
  it.each(refusals)('$title', async ({ code, names = '', call }) => {
    const before = await hashes();
    const id = await committedBy(async (session) => {
      const refusal = await call(session).then(
        () => null,
        (error: unknown) => error,
      );
      expect(refusal).toBeInstanceOf(GridholdError);
      expect(refusal).toMatchObject({ code });
      if (refusal instanceof Error) expect(refusal.message).toContain(names);
    });
    expect(await hashes()).toEqual(before);
    expect(await db.collection('messages').countDocuments({ id })).toBe(1);
  });
});

describe('What is nothing to do writes nothing', () => {
  it.each<{ title: string; call(session: ClientSession): Promise<unknown>; answer: object }>([
    {
      title: 'detach of a file that the field does not hold',
      call: (session) => gridhold.detach({ fileId: unheld, document: message }, { session }),
      answer: { detached: false },
    },
    {
      title: 'detach of a file that is not there',
      call: (session) => gridhold.detach({ fileId: neverStored, document: message }, { session }),
      answer: { detached: false, file: null },
    },
    {
      title: 'detach of a malformed ID',
      call: (session) => gridhold.detach({ fileId: 'nonsense', document: message }, { session }),
      answer: { detached: false, file: null },
    },
    {
      title: 'delete of a file that is not there',
      call: (session) => gridhold.delete({ id: neverStored }, { session }),
      answer: { deleted: false },
    },
    {
      title: 'delete of a malformed ID',
      call: (session) => gridhold.delete({ id: 'nonsense' }, { session }),
      answer: { deleted: false },
    },
  ])('$title', async ({ call, answer }) => {
    const before = await hashes();
    await committedBy(async (session) => expect(await call(session)).toMatchObject(answer));
    expect(await hashes()).toEqual(before);
  });
});

it('A session without a transaction under way is refused, and nothing is written', async () => {
  const before = await hashes();
  await client.withSession(async (session) => {
    for (const call of [
      () => gridhold.attach({ fileId: unheld, document: message }, { session }),
      () => gridhold.detach({ fileId: held, document: message }, { session }),
      () => gridhold.setDocumentFiles({ document: message, fileIds: [] }, { session }),
      () => gridhold.detachDocument({ document: message }, { session }),
      () => gridhold.delete({ id: unheld }, { session }),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    }
  });
  expect(await hashes()).toEqual(before);
});

it('The same calls, where nothing is wrong, do write', async () => {
  const before = await hashes();
  await committedBy((session) => gridhold.attach({ fileId: unheld, document: message }, { session }));
  const after = await hashes();
  expect(after['files']).not.toBe(before['files']);
  expect(after['attachments']).not.toBe(before['attachments']);
  expect(await brokenInvariants(db)).toEqual([]);
});

/** Writes the app's own message, does the work, and commits. @returns the message's ID */
async function committedBy(work: (session: ClientSession) => Promise<unknown>): Promise<string> {
  const id = randomBytes(8).toString('hex');
  await client.withSession(async (session) => {
    session.startTransaction();
    await db.collection('messages').insertOne({ id }, { session });
    await work(session);
    await session.commitTransaction();
  });
  return id;
}

/** Over every record of every collection but the app's own. */
async function hashes(): Promise<Record<string, string>> {
  const { collections } = await db.command({ dbHash: 1 });
  const { messages: _, ...ours } = collections;
  return ours;
}

const holdOf = (fileId: string, collection: string, documentId: string) => ({
  fileId,
  collection,
  documentId,
  field: 'file',
  attachedAt: new Date(),
});

async function holdByTooMany(fileId: string): Promise<void> {
  const holds = Array.from({ length: tooMany }, (_, n) => holdOf(fileId, 'likes', `l${n}`));
  await db.collection('attachments').insertMany(holds);
  await db
    .collection<{ _id: string }>('files')
    .updateOne({ _id: fileId }, { $set: { refCount: tooMany }, $unset: { unreferencedSince: 1 } });
}

/** @param like so many more files with the same bytes, which `crowded` holds */
async function holdTooMany(like: string): Promise<void> {
  const files = db.collection<{ _id: string; blobId: ObjectId; unreferencedSince?: Date }>('files');
  const record = await files.findOne({ _id: like });
  if (!record) throw new Error(`There is no file ${like}`);
  const { unreferencedSince: _, ...fields } = record;
  const copies = Array.from({ length: tooMany }, (_, n) => ({ ...fields, _id: fileIdOf(n), refCount: 1 }));
  await files.insertMany(copies);
  await db
    .collection('attachments')
    .insertMany(copies.map(({ _id }) => holdOf(_id, crowded.collection, crowded.documentId)));
  await db
    .collection('blobs.files')
    .updateOne({ _id: record.blobId }, { $inc: { 'metadata.fileCount': tooMany } });
}

const fileIdOf = (n: number): string => `file_${String(n).padStart(26, '0')}`;
