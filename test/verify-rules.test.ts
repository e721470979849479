/**
 * `verify` on a clean store of 1,000 files in which one thing is broken by hand: it finds exactly that, repair mends it,
 * and every other document is byte for byte as it was.
 */
import { createHash } from 'node:crypto';
import { Binary, type Document, GridFSBucket, Long, ObjectId } from 'mongodb';
import { afterEach, beforeAll, describe, expect, it, onTestFinished, test, vi } from 'vitest';
import { newFileId } from '../src/domain/ids.ts';
import type { Finding } from '../src/domain/verify/contract.ts';
import { patiently } from '../src/domain/verify/patience.ts';
import { formatPosition, parsePosition } from '../src/domain/verify/position.ts';
import { GridholdError } from '../src/errors/gridhold-error.ts';
import { chunkBytes } from '../src/storage/blobs.ts';
import { recordKey } from '../src/storage/inspect/record-keys.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import {
  chunksOf,
  fillVerifyStore,
  type KnownBlob,
  type Row,
  type VerifyStore,
} from './support/verify-store.ts';

let store: TestGridhold;
let clean: VerifyStore;

beforeAll(async () => {
  store = await openTestGridhold();
  clean = await fillVerifyStore(store.db);
});

afterEach(async () => {
  await clean.restore();
  expect(await clean.changes()).toEqual([]);
});

const rows = (name: string) => store.db.collection<Row>(name);
const at = new Date('2026-11-02T10:00:00Z');

async function verify(options: { deep?: boolean; repair?: boolean } = {}): Promise<Finding[]> {
  const findings: Finding[] = [];
  const onUndecided = (one: unknown): void => expect(one).toBeUndefined();
  for await (const finding of store.gridhold.verify({ ...options, onUndecided })) findings.push(finding);
  return findings;
}

test('a clean store has no finding, and verify changes nothing in it', async () => {
  expect(await verify()).toEqual([]);
  expect(await verify({ deep: true, repair: true })).toEqual([]);
  expect(await clean.changes()).toEqual([]);
});

/** The files on a blob, as a finding names them: three, and how many more. */
function concerned({ fileIds }: KnownBlob): string {
  const others = fileIds.length - 3;
  return `files ${fileIds.slice(0, 3).join(', ')}${others > 0 ? ` and ${others} more` : ''}`;
}

function again({ bytes }: KnownBlob): string {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return `store equal bytes again (SHA-256 ${sha256}, ${bytes.length} bytes), then gridhold verify --repair`;
}

interface Broken {
  readonly finding: Pick<Finding, 'rule' | 'id' | 'detail'>;
  /** What is not as it was, once it is repaired. */
  readonly stays?: readonly string[];
}

/** Breaks, finds exactly that, repairs it, and finds nothing any more. */
async function expectMended({ finding, stays = [] }: Broken, repair: unknown): Promise<void> {
  const broken = await clean.hashes();
  expect(await verify()).toEqual([{ ...finding, fixable: true }]);
  expect(await clean.hashes()).toEqual(broken);
  expect(await verify({ repair: true })).toEqual([{ ...finding, fixable: true, repaired: true, repair }]);
  expect(await clean.changes()).toEqual([...stays].sort());
  expect(await verify()).toEqual([]);
}

async function expectLeft(finding: Pick<Finding, 'rule' | 'id' | 'detail'>): Promise<void> {
  const broken = await clean.hashes();
  expect(await verify({ repair: true })).toEqual([
    { ...finding, fixable: false, repaired: false, repair: 'nothing was done' },
  ]);
  expect(await clean.hashes()).toEqual(broken);
}

describe('rule 1', () => {
  const change = (_id: string, update: Document): Promise<unknown> =>
    rows('files').updateOne({ _id }, update);

  it('finds a count that is too high', async () => {
    const id = clean.fileWith(2);
    await change(id, { $inc: { refCount: 1 } });
    const detail = 'refCount is 3, and 2 attachments hold it';
    await expectMended({ finding: { rule: 1, id, detail } }, 'counted anew: refCount 2');
  });

  it('finds a count that is no number', async () => {
    const id = clean.fileWith(1);
    await change(id, { $set: { refCount: '1' } });
    const detail = 'refCount is "1", and 1 attachment holds it';
    await expectMended({ finding: { rule: 1, id, detail } }, 'counted anew: refCount 1');
  });

  it('finds a held file that would be collected', async () => {
    const id = clean.fileWith(3);
    await change(id, { $set: { refCount: 0, unreferencedSince: at } });
    const detail =
      'refCount is 0, and 3 attachments hold it; unreferencedSince is set, and 3 attachments hold it';
    await expectMended(
      { finding: { rule: 1, id, detail } },
      'counted anew: refCount 3, unreferencedSince removed',
    );
  });

  it('finds a hold that was not counted', async () => {
    const fileId = clean.fileWith(0);
    const { insertedId } = await store.db
      .collection('attachments')
      .insertOne({ fileId, collection: 'c', documentId: 'd', field: 'f', attachedAt: at });
    const detail =
      'refCount is 0, and 1 attachment holds it; unreferencedSince is set, and 1 attachment holds it';
    await expectMended(
      { finding: { rule: 1, id: fileId, detail }, stays: [`attachments/${insertedId}`, `files/${fileId}`] },
      'counted anew: refCount 1, unreferencedSince removed',
    );
  });

  it('finds a file that is due since never', async () => {
    const id = clean.fileWith(0);
    await change(id, { $unset: { unreferencedSince: 1 } });
    const detail = 'unreferencedSince is missing, and nothing holds or keeps it';
    await expectMended(
      { finding: { rule: 1, id, detail }, stays: [`files/${id}`] },
      'counted anew: refCount 0, unreferencedSince set to now',
    );
  });

  it('finds a wrong count beside a time that is right, and leaves the time', async () => {
    const id = clean.fileWith(0);
    await change(id, { $set: { refCount: -1 } });
    const detail = 'refCount is -1, and 0 attachments hold it';
    await expectMended({ finding: { rule: 1, id, detail } }, 'counted anew: refCount 0');
  });

  it('finds a kept file with a time', async () => {
    const id = clean.fileWith(0, true);
    await change(id, { $set: { unreferencedSince: at } });
    const detail = 'unreferencedSince is set, and it is kept';
    await expectMended(
      { finding: { rule: 1, id, detail } },
      'counted anew: refCount 0, unreferencedSince removed',
    );
  });

  it('finds a file of which nobody can say whether it is kept, and leaves it', async () => {
    const id = clean.fileWith(0);
    await change(id, { $set: { keep: 'perhaps' } });
    await expectLeft({ rule: 1, id, detail: 'keep is neither true nor false: "perhaps"' });
  });
});

describe('rule 2', () => {
  it('finds attachments of files that are not there, between others and beyond the last', async () => {
    const between = `${clean.fileWith(2).slice(0, -1)}${clean.fileWith(2).endsWith('0') ? '1' : '0'}`;
    const fileIds = [between, newFileId(), 'file_7zzzzzzzzzzzzzzzzzzzzzzzzz'];
    const holds = fileIds.map((fileId, number) => ({
      _id: new ObjectId(),
      fileId,
      collection: 'mess\nages',
      documentId: `${number}`,
      field: '$file',
      attachedAt: at,
    }));
    await rows('attachments').insertMany(holds);
    const findings = holds.map(({ _id, fileId, documentId }) => {
      const named = `${fileId}, held by collection "mess\\nages", documentId "${documentId}", field "$file"`;
      const finding = { rule: 2, id: _id.toHexString(), detail: `there is no file ${named}`, fixable: true };
      return { finding, repair: `removed: ${named}` };
    });
    expect(await verify()).toEqual(findings.map(({ finding }) => finding));
    expect(await verify({ repair: true })).toEqual(
      findings.map(({ finding, repair }) => ({ ...finding, repaired: true, repair })),
    );
    expect(await clean.changes()).toEqual([]);
  });

  it('finds those that were written past the validator', async () => {
    const hold = { _id: 'no ObjectId', fileId: 7, collection: { $gt: '' }, attachedAt: 'yesterday' };
    await rows('attachments').insertOne(hold, { bypassDocumentValidation: true });
    const named = '{"$numberInt":"7"}, held by collection {"$gt":""}, documentId missing, field missing';
    await expectMended(
      { finding: { rule: 2, id: 'no ObjectId', detail: `there is no file ${named}` } },
      `removed: ${named}`,
    );
  });
});

describe('what is a list where a value should be', () => {
  it('is found under each rule', async () => {
    const [_id, hold] = [new ObjectId(), new ObjectId()];
    const data = new Binary(Buffer.from('x'));
    await rows('blobs.chunks').insertOne({ _id, files_id: [new ObjectId()], n: 0, data });
    const document = { collection: 'c', documentId: 'd', field: 'f', attachedAt: at };
    await rows('attachments').insertOne(
      { _id: hold, fileId: [clean.fileWith(1)], ...document },
      { bypassDocumentValidation: true },
    );
    const found = await verify({ repair: true });
    expect(found.map(({ rule, repaired }) => [rule, repaired])).toEqual([
      [2, true],
      [4, false],
    ]);
  });

  it('ends no page in a way that the next one passes over others, or stands still', async () => {
    const first = new ObjectId('000000000000000000000001');
    const second = new ObjectId('000000000000000000000002');
    const [file, missing] = ['file_00000000000000000000000000', 'file_7zzzzzzzzzzzzzzzzzzzzzzzzz'];
    const pageful = Array.from({ length: 2_000 }, (_, number) => number);
    const data = new Binary(Buffer.from('x'));
    const hold = (fileId: unknown, documentId: string): Row => ({
      _id: new ObjectId(),
      ...{ fileId, collection: 'pages', documentId, field: 'f', attachedAt: at },
    });
    const page: Record<string, Row[]> = {
      leases: [{ _id: first, why: 'deleted', until: at }],
      'blobs.chunks': [
        ...pageful.map((n) => ({ _id: new ObjectId(), files_id: first, n, data })),
        { _id: new ObjectId(), files_id: [new ObjectId('000000000000000000000003')], n: 0, data },
      ],
      files: [
        { _id: file, blobId: [second], keep: true, refCount: pageful.length },
        ...pageful.map((number) => ({ _id: `page-${number}`, blobId: first, keep: true, refCount: 0 })),
      ],
      attachments: [
        ...pageful.map((number) => hold(file, String(number))),
        hold([`${file}0`], 'listed'),
        hold(missing, 'after'),
      ],
    };
    for (const [name, all] of Object.entries(page)) {
      await rows(name).insertMany(all, { bypassDocumentValidation: true });
    }
    const found = await verify();
    for (const [name, all] of Object.entries(page)) {
      await rows(name).deleteMany({ _id: { $in: all.map(({ _id }) => _id) } });
    }
    expect(found.map(({ rule, detail }) => [rule, detail.slice(0, 40)]).sort()).toEqual([
      [2, `there is no file ["${file}0"]`.slice(0, 40)],
      [2, `there is no file ${missing}`.slice(0, 40)],
      [3, 'the blob has no record, and 1 file names'],
      [3, 'the blob has no record, and 2000 files n'],
      [4, '1 chunk belongs to no live blob and no l'],
    ]);
  });
});

describe('a key that reads like another', () => {
  it('is not taken for the blobId of the same digits', async () => {
    const { id, fileIds } = clean.blobOf(1);
    const [file] = fileIds;
    const record = await rows('files').findOne({ _id: file ?? '' });
    await rows('files').replaceOne({ _id: file ?? '' }, { ...record, blobId: { $oid: String(id) } });
    expect((await verify()).map(({ rule, id: of, detail }) => [rule, of, detail])).toEqual([
      [3, String(id), `metadata.fileCount is ${fileIds.length}, and it has ${fileIds.length - 1} files`],
      [3, `{"$oid":"${id}"}`, `the blob has no record, and 1 file names it: file ${file}`],
    ]);
  });

  it('stops no run, wherever it stands', async () => {
    // As old drivers' IDs came out of JSON. The driver sends no plain object that has such a key.
    const foreign = new Map([['_bsontype', 'ObjectID']]);
    const [file, hold, blob] = [newFileId(), new ObjectId(), new ObjectId()];
    const { id: damaged } = clean.blobOf(1);
    const data = new Binary(Buffer.from('x'));
    const added: Record<string, Row[]> = {
      files: [{ _id: file, blobId: foreign, refCount: foreign, keep: true }],
      attachments: [
        { _id: hold, fileId: foreign, collection: foreign, documentId: 'd', field: 'f', attachedAt: foreign },
      ],
      'blobs.files': [{ _id: blob, length: foreign, metadata: { fileCount: foreign } }],
      'blobs.chunks': [
        { _id: new ObjectId(), files_id: new Map([['_bsontype', 'Long']]), n: 0, data },
        { _id: new ObjectId(), files_id: damaged, n: foreign, data },
      ],
    };
    for (const [name, all] of Object.entries(added)) {
      await rows(name).insertMany(all, { bypassDocumentValidation: true });
    }
    expect((await verify()).map(({ rule, id }) => `${rule} ${id}`).sort()).toEqual(
      [
        `1 ${file}`,
        `2 ${hold}`,
        '3 {"_bsontype":"ObjectID"}',
        `3 ${blob}`,
        '4 {"_bsontype":"Long"}',
        `5 ${damaged}`,
        `5 ${blob}`,
      ].sort(),
    );
  });

  it('is no other key where only the type of a number is', async () => {
    const pageful = Array.from({ length: 2_001 }, (_, n) => n);
    const data = new Binary(Buffer.from('x'));
    const chunks = pageful.map((n) => ({
      _id: new ObjectId(),
      files_id: n % 2 === 0 ? 7 : Long.fromNumber(7),
      ...{ n, data },
    }));
    await rows('blobs.chunks').insertMany(chunks);
    const found = await verify();
    await rows('blobs.chunks').deleteMany({ files_id: 7 });
    expect(found.map(({ rule, detail }) => [rule, detail.split(',')[0]])).toEqual([
      [4, '2001 chunks belong to no live blob and no lease'],
    ]);
  });

  it('is a place to go on at', () => {
    const key = recordKey({
      $oid: '6a0000000000000000000000',
      _bsontype: 'Long',
      toBSON: Long.fromNumber(1),
    });
    expect(parsePosition(formatPosition({ walk: 4, from: key }))).toEqual({ walk: 4, from: key });
  });
});

describe('rule 3', () => {
  const ofFour = (): KnownBlob => clean.blobs[10] ?? clean.blobOf(1);
  const change = (_id: ObjectId, update: Document): Promise<unknown> =>
    rows('blobs.files').updateOne({ _id }, update);

  it.each([
    [5, '5'],
    ['4', '"4"'],
    [null, 'null'],
  ])('finds a count of files that is %j', async (fileCount, shown) => {
    const { id } = ofFour();
    await change(id, { $set: { 'metadata.fileCount': fileCount } });
    await expectMended(
      {
        finding: {
          rule: 3,
          id: id.toHexString(),
          detail: `metadata.fileCount is ${shown}, and it has 4 files`,
        },
      },
      'counted anew: metadata.fileCount 4',
    );
  });

  it('finds a blob that no file is on, and releases it', async () => {
    const _id = new ObjectId();
    const chunks = chunksOf(_id, Buffer.from('nobody'));
    const filename = 'a'.repeat(64);
    const record = { _id, length: Long.fromNumber(6), chunkSize: chunkBytes, filename, uploadDate: at };
    await rows('blobs.files').insertOne({ ...record, metadata: { sha256: filename, fileCount: 0 } });
    await rows('blobs.chunks').insertMany(chunks);
    const detail = 'metadata.fileCount is 0, and no file is on it';
    await expectMended(
      {
        finding: { rule: 3, id: _id.toHexString(), detail },
        stays: [`blobs.chunks/${chunks[0]?._id}`, `leases/${_id}`],
      },
      'released: its record is gone, its chunks go with the sweep',
    );
    expect(await rows('leases').findOne({ _id })).toMatchObject({ why: 'deleted' });
  });

  it('releases no blob while a file names one by what is no ObjectId: it may mean this one', async () => {
    const [like] = ofFour().fileIds;
    const { insertedId: _id } = await rows('blobs.files').insertOne({
      ...(await rows('blobs.files').findOne({ _id: ofFour().id })),
      _id: new ObjectId(),
      filename: 'a'.repeat(64),
      metadata: { sha256: 'a'.repeat(64), fileCount: 1 },
      length: 0,
    });
    const file = await rows('files').findOne({ _id: like ?? '' });
    await rows('files').insertOne({
      ...file,
      _id: newFileId(),
      blobId: String(_id),
      refCount: 0,
      keep: true,
    });
    await verify({ repair: true });
    expect(await rows('blobs.files').findOne({ _id })).not.toBeNull();
    expect(await rows('leases').findOne({ _id })).toBeNull();
  });

  it('makes a lost record anew from chunks that are whole', async () => {
    const blob = clean.blobOf(3 * chunkBytes - 7);
    const { id } = blob;
    const before = await rows('blobs.files').findOneAndDelete({ _id: id });
    await expectMended(
      {
        finding: {
          rule: 3,
          id: id.toHexString(),
          detail: `the blob has no record, and 4 files name it: ${concerned(blob)}; its chunks are whole`,
        },
        stays: [`blobs.files/${id}`],
      },
      'its record was made anew, on the SHA-256 index',
    );
    expect(await rows('blobs.files').findOne({ _id: id })).toEqual({
      ...before,
      uploadDate: expect.any(Date),
    });
  });

  it('saves them from a sweep that was to take them, and keeps the blob off the index', async () => {
    const blob = clean.blobOf(chunkBytes + 1);
    const { id } = blob;
    await rows('blobs.files').deleteOne({ _id: id });
    await rows('leases').insertOne({ _id: id, why: 'deleted', until: at, since: at });
    await expectMended(
      {
        finding: {
          rule: 3,
          id: id.toHexString(),
          detail: `the blob has no record, and 4 files name it: ${concerned(blob)}; its chunks are whole`,
        },
        stays: [`blobs.files/${id}`],
      },
      'its record was made anew, off the SHA-256 index, and its lease removed',
    );
    expect(await rows('blobs.files').findOne({ _id: id })).toMatchObject({ metadata: { sha256: null } });
  });

  it('moves files whose blob is lost to an equal one', async () => {
    const { id: equal, fileIds } = clean.blobOf(chunkBytes);
    const [like = ''] = fileIds;
    const lost = new ObjectId();
    const file = await rows('files').findOne({ _id: like });
    const _id = newFileId();
    await rows('files').insertOne({ ...file, _id, blobId: lost, refCount: 0, keep: true });
    await rows('files').updateOne({ _id }, { $unset: { unreferencedSince: 1 } });
    await expectMended(
      {
        finding: {
          rule: 3,
          id: lost.toHexString(),
          detail: `the blob has no record, and 1 file names it: file ${_id}; an equal blob is live`,
        },
        stays: [`blobs.files/${equal}`, `files/${_id}`],
      },
      `1 file moved to blob ${equal}, and this one released`,
    );
    expect(await rows('files').findOne({ _id })).toMatchObject({ blobId: equal });
  });

  it('moves many files in several transactions, and releases the blob with the last', async () => {
    const { bytes, id, fileIds } = clean.blobOf(chunkBytes + 1);
    const lost = new ObjectId('000000000000000000000001');
    const [record] = await rows('files')
      .find({ _id: fileIds[0] ?? '' })
      .toArray();
    const many = Array.from({ length: 1_000 }, (_, number) => ({
      ...record,
      ...{ _id: `many-${number}`, blobId: lost, keep: true, refCount: 0 },
    }));
    for (const one of many) Reflect.deleteProperty(one, 'unreferencedSince');
    await rows('files').insertMany(many);
    await rows('blobs.chunks').insertMany(chunksOf(lost, bytes));
    const found = await verify({ repair: true });
    const [moved, blob] = await Promise.all([
      rows('files').countDocuments({ blobId: id }),
      rows('blobs.files').findOne({ _id: id }),
    ]);
    await rows('files').deleteMany({ _id: { $in: many.map(({ _id }) => _id) } });
    expect(found).toMatchObject([
      { rule: 3, repair: `1000 files moved to blob ${id}, and this one released` },
    ]);
    expect([moved, blob?.['metadata']]).toEqual([1_004, expect.objectContaining({ fileCount: 1_004 })]);
    expect(await rows('leases').findOne({ _id: lost })).toMatchObject({ why: 'deleted' });
  });

  it('moves no file to a blob that can’t be counted yet, and goes on', async () => {
    const { id, fileIds } = clean.blobOf(chunkBytes + 1);
    const [lost, large] = ['1', '2'].map((digit) => new ObjectId(digit.padStart(24, '0')));
    const sha256 = 'b'.repeat(64);
    // A page by itself, between the lost blob and the one that is to be counted.
    const files = Array.from({ length: 2_000 }, (_, number) => ({
      _id: `large-${number}`,
      ...{ blobId: large, sha256, size: 0, keep: true, refCount: 0 },
    }));
    await rows('files').insertMany(files);
    await rows('files').updateOne({ _id: fileIds[0] ?? '' }, { $set: { blobId: lost } });
    await rows('blobs.files').insertOne({
      ...{ _id: large ?? '', length: 0, chunkSize: chunkBytes, filename: sha256 },
      metadata: { sha256, fileCount: files.length },
    });
    await change(id, { $set: { 'metadata.fileCount': 'many' } });
    const found = [await verify({ repair: true }), await verify({ repair: true })];
    await rows('files').deleteMany({ _id: { $in: files.map(({ _id }) => _id) } });
    expect(found).toMatchObject([
      [
        { rule: 3, id: lost?.toHexString(), repaired: false },
        { rule: 3, id: id.toHexString(), repaired: true, repair: 'counted anew: metadata.fileCount 3' },
      ],
      [{ rule: 3, id: lost?.toHexString(), repaired: true }],
    ]);
  });

  it('leaves files whose bytes are nowhere', async () => {
    const blob = clean.blobOf(chunkBytes - 1);
    const { id } = blob;
    await rows('blobs.files').deleteOne({ _id: id });
    await rows('blobs.chunks').deleteMany({ files_id: id });
    const detail = `the blob has no record, and 4 files name it: ${concerned(blob)}; its bytes are not whole: ${again(blob)}`;
    await expectLeft({ rule: 3, id: id.toHexString(), detail });
  });

  it('leaves a file that a GridFS driver has put into the bucket', async () => {
    const upload = new GridFSBucket(store.db, { bucketName: 'blobs' }).openUploadStream('a.txt');
    await new Promise((done) => upload.end(Buffer.from('theirs'), () => done(undefined)));
    const id = upload.id.toHexString();
    const broken = await clean.hashes();
    const left = { fixable: false, repaired: false, repair: 'nothing was done' };
    expect(await verify({ repair: true })).toEqual([
      {
        rule: 3,
        id,
        detail: 'metadata.fileCount is missing, no file is on it, and Gridhold did not write it',
        ...left,
      },
      { rule: 5, id, detail: 'the record names no SHA-256', ...left },
    ]);
    expect(await clean.hashes()).toEqual(broken);
  });

  it('leaves one that is named by its SHA-256, as Gridhold’s own are', async () => {
    const name = createHash('sha256').update('theirs').digest('hex');
    const upload = new GridFSBucket(store.db, { bucketName: 'blobs' }).openUploadStream(name);
    await new Promise((done) => upload.end(Buffer.from('theirs'), () => done(undefined)));
    const broken = await clean.hashes();
    expect(
      (await verify({ deep: true, repair: true })).map(({ rule, repaired }) => [rule, repaired]),
    ).toEqual([[3, false]]);
    expect(await clean.hashes()).toEqual(broken);
  });

  it.each([['text'], [[{ sha256: 'a' }]]])('leaves a record whose metadata are %j', async (metadata) => {
    const blob = ofFour();
    const { id } = blob;
    await change(id, { $set: { metadata } });
    const found = await verify({ repair: true });
    expect(found.map(({ rule, fixable }) => [rule, fixable])).toEqual([
      [3, false],
      [5, false],
    ]);
    expect(found[1]?.detail).toBe(
      `the record's metadata are no document; ${concerned(blob)}; ${again(blob)}`,
    );
  });

  it('leaves a record that Gridhold did not write', async () => {
    await rows('blobs.files').insertOne({
      _id: 'theirs',
      length: 0,
      chunkSize: chunkBytes,
      filename: 'a.txt',
    });
    const left = { fixable: false, repaired: false, repair: 'nothing was done' };
    expect(await verify({ repair: true })).toEqual([
      {
        rule: 3,
        id: 'theirs',
        detail: 'metadata.fileCount is missing, no file is on it, and Gridhold did not write it',
        ...left,
      },
      {
        rule: 5,
        id: 'theirs',
        detail: 'the record has an _id that is no ObjectId',
        ...left,
      },
    ]);
  });
});

describe('rule 4', () => {
  it.each([
    ['before all others', () => new ObjectId('000000000000000000000001')],
    ['between others', () => new ObjectId()],
    ['beyond the last', () => new ObjectId('ffffffffffffffffffffffff')],
  ])('finds chunks %s that are nobody’s, and gives them a lease', async (_where, newId) => {
    const files_id = newId();
    const chunks = chunksOf(files_id, Buffer.alloc(chunkBytes + 1));
    await rows('blobs.chunks').insertMany(chunks);
    await expectMended(
      {
        finding: {
          rule: 4,
          id: files_id.toHexString(),
          detail: '2 chunks belong to no live blob and no lease',
        },
        stays: [...chunks.map(({ _id }) => `blobs.chunks/${_id}`), `leases/${files_id}`],
      },
      'given a lease: they go with the sweep',
    );
    expect(await rows('leases').findOne({ _id: files_id })).toMatchObject({ why: 'deleted' });
  });

  it.each(['deleted', 'writing'])('finds a live blob with a lease (%s), and removes that', async (why) => {
    const { id } = clean.blobOf(2 * chunkBytes);
    await rows('leases').insertOne({ _id: id, why, until: at, since: at });
    await expectMended(
      {
        finding: { rule: 4, id: id.toHexString(), detail: `the blob is live, and has a lease (${why})` },
      },
      `its lease (${why}) was removed`,
    );
  });

  it('finds chunks under a name that is no blobId, and leaves them', async () => {
    await rows('blobs.chunks').insertOne({
      _id: new ObjectId(),
      files_id: { $gt: '' },
      n: 0,
      data: new Binary(),
    });
    const detail = '1 chunk belongs to no live blob and no lease, and Gridhold did not write it';
    await expectLeft({ rule: 4, id: '{"$gt":""}', detail });
  });
});

describe('rule 5', () => {
  const size = 3 * chunkBytes - 7;
  const chunk = (n: number): Document => ({ files_id: clean.blobOf(size).id, n });
  const data = (bytes: number): Document => ({ $set: { data: new Binary(Buffer.alloc(bytes)) } });
  const record = (update: Document): Promise<unknown> =>
    rows('blobs.files').updateOne({ _id: clean.blobOf(size).id }, update);
  const extra = (n: unknown, bytes = 3): Promise<unknown> =>
    rows('blobs.chunks').insertOne({
      ...chunk(0),
      _id: new ObjectId(),
      n,
      data: new Binary(Buffer.alloc(bytes)),
    });
  const rest = chunkBytes - 7;

  const cases: [string, string, () => Promise<unknown>][] = [
    ['first chunk is missing', 'chunk 0 of 3 is missing', () => rows('blobs.chunks').deleteOne(chunk(0))],
    ['middle chunk is missing', 'chunk 1 of 3 is missing', () => rows('blobs.chunks').deleteOne(chunk(1))],
    ['last chunk is missing', 'chunk 2 of 3 is missing', () => rows('blobs.chunks').deleteOne(chunk(2))],
    [
      'middle chunk has a wrong size',
      'chunk 1 has 1000 of 261120 bytes',
      () => rows('blobs.chunks').updateOne(chunk(1), data(1_000)),
    ],
    [
      'last chunk has a wrong size',
      `chunk 2 has ${chunkBytes} of ${rest} bytes`,
      () => rows('blobs.chunks').updateOne(chunk(2), data(chunkBytes)),
    ],
    ['extra chunk is there', `chunk 3 is one too many: ${size} bytes have 3`, () => extra(3)],
    ['extra chunk is empty', `chunk 3 is one too many: ${size} bytes have 3`, () => extra(3, 0)],
    ['chunk has a number below 0', 'a chunk has the number -1', () => extra(-1)],
    ['chunk has a number in words', 'a chunk has the number "one"', () => extra('one')],
    [
      'chunk holds text',
      "chunk 1 holds no bytes but BSON's string",
      () => rows('blobs.chunks').updateOne(chunk(1), { $set: { data: 'text' } }),
    ],
    [
      'record says it is longer',
      `chunk 2 has ${rest} of ${rest + 1} bytes`,
      () => record({ $inc: { length: 1 } }),
    ],
    [
      'record has an odd length',
      "the record's length is no number of bytes: [1]",
      () => record({ $set: { length: [1] } }),
    ],
    [
      'record has another chunk size',
      "the record's chunkSize is not 261120: 1024",
      () => record({ $set: { chunkSize: 1_024 } }),
    ],
  ];

  it.each(cases)(
    'finds a blob of which the %s, and takes it off the index',
    async (_what, defect, damage) => {
      const blob = clean.blobOf(size);
      const { id } = blob;
      await damage();
      const broken = await clean.changes();
      expect(await verify()).toEqual([
        {
          rule: 5,
          id: id.toHexString(),
          detail: `${defect}; taken off the SHA-256 index; ${concerned(blob)}; ${again(blob)}`,
          fixable: false,
        },
      ]);
      // All that it writes, where nobody has it repair.
      expect(await clean.changes()).toEqual([...new Set([...broken, `blobs.files/${id}`])].sort());
      expect(await rows('blobs.files').findOne({ _id: id })).toMatchObject({ metadata: { sha256: null } });
    },
  );

  const healed = cases.filter(([what]) => /middle chunk is missing|odd length/.test(what));

  it.each(healed)(
    'moves the files of which the %s, once equal bytes are there',
    async (_what, defect, damage) => {
      const { id, bytes, fileIds } = clean.blobOf(size);
      await damage();
      expect(await verify({ repair: true })).toMatchObject([
        { rule: 5, id: id.toHexString(), fixable: false, repaired: false, repair: 'nothing was done' },
      ]);
      const equal = await store.gridhold.store(bytes, { keep: true });
      const live = await rows('blobs.files').findOne({ 'metadata.sha256': equal.sha256 });
      expect(live?._id).not.toEqual(id);
      const stored = await clean.changes();
      expect(await verify({ repair: true })).toEqual([
        {
          rule: 5,
          id: id.toHexString(),
          detail: `${defect}; ${concerned(clean.blobOf(size))}; an equal blob is live`,
          fixable: true,
          repaired: true,
          repair: `4 files moved to blob ${live?._id}, and this one released`,
        },
      ]);
      const moved = [`leases/${id}`, ...fileIds.map((fileId) => `files/${fileId}`)];
      expect(await clean.changes()).toEqual([...new Set([...stored, ...moved])].sort());
      expect(await verify()).toEqual([]);
      for (const fileId of fileIds) {
        const { stream } = await store.gridhold.open(fileId);
        expect(Buffer.concat(await stream.toArray()).equals(bytes)).toBe(true);
      }
    },
  );

  it.each([[[1]], ['three'], [null]])(
    'has equal bytes stored beside a record whose length is %j',
    async (length) => {
      const { id, bytes } = clean.blobOf(size);
      await record({ $set: { length } });
      const { sha256 } = await store.gridhold.store(bytes);
      const live = await rows('blobs.files').findOne({ 'metadata.sha256': sha256 });
      expect(live?._id).not.toEqual(id);
      expect(await rows('blobs.files').findOne({ _id: id })).toMatchObject({ metadata: { sha256: null } });
    },
  );

  it('takes an empty chunk of an empty file for what old drivers wrote, and any other for one too many', async () => {
    const { id } = clean.blobOf(0);
    const empty = { _id: new ObjectId(), files_id: id, n: 0, data: new Binary() };
    await rows('blobs.chunks').insertOne(empty);
    expect(await verify({ deep: true })).toEqual([]);
    await rows('blobs.chunks').updateOne({ _id: empty._id }, data(1));
    expect(await verify()).toMatchObject([
      {
        rule: 5,
        id: id.toHexString(),
        detail: expect.stringContaining('chunk 0 is one too many: 0 bytes have 0'),
      },
    ]);
  });

  it('finds a flipped byte by the deep look only', async () => {
    const { id, bytes } = clean.blobOf(size);
    const flipped = Buffer.from(bytes.subarray(chunkBytes, 2 * chunkBytes));
    flipped[77] = (flipped[77] ?? 0) ^ 1;
    await rows('blobs.chunks').updateOne(chunk(1), { $set: { data: new Binary(flipped) } });
    expect(await verify({ repair: true })).toEqual([]);
    const [found, ...others] = await verify({ deep: true });
    expect(found).toMatchObject({ rule: 5, id: id.toHexString(), fixable: false });
    expect(found?.detail).toMatch(/^its bytes hash to [0-9a-f]{64}; taken off the SHA-256 index;/);
    expect(others).toEqual([]);
    await store.gridhold.store(bytes, { keep: true });
    expect(await verify({ deep: true, repair: true })).toMatchObject([{ rule: 5, repaired: true }]);
    expect(await verify({ deep: true })).toEqual([]);
  });

  it('finds one among small files that are hashed together', async () => {
    const { id } = clean.blobs[100] ?? clean.blobOf(1);
    await rows('blobs.chunks').updateOne({ files_id: id }, [
      { $set: { data: new Binary(Buffer.alloc(20 + (100 % 50))) } },
    ]);
    expect(await verify()).toEqual([]);
    expect(await verify({ deep: true })).toMatchObject([{ rule: 5, id: id.toHexString() }]);
  });
});

test('chunks that a file names are never given to a sweep, whatever else is broken', async () => {
  const { id } = clean.blobOf(3 * chunkBytes);
  await rows('blobs.files').deleteOne({ _id: id });
  await rows('blobs.chunks').deleteOne({ files_id: id, n: 1 });
  const findings = await verify({ repair: true });
  expect(findings).toMatchObject([{ rule: 3, id: id.toHexString(), fixable: false }]);
  expect(await rows('leases').findOne({ _id: id })).toBeNull();
});

test('a long read that breaks off at its end is read once more', async () => {
  let passedMs = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => passedMs);
  onTestFinished(() => clock.mockRestore());
  let reads = 0;
  const read = async (): Promise<string> => {
    passedMs += 3_600_000;
    reads += 1;
    if (reads === 1) throw new GridholdError('STORAGE_UNAVAILABLE', 'An election');
    return 'the hash';
  };
  expect(await patiently({ signal: undefined }, read)).toBe('the hash');
  const isAway = async (): Promise<string> => {
    passedMs += 20_000;
    throw new GridholdError('STORAGE_UNAVAILABLE', 'It is away');
  };
  await expect(patiently({ signal: undefined }, isAway)).rejects.toThrow('It is away');
});
