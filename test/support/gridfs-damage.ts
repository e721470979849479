/**
 * What may be wrong in the bucket under a file: the cases of the GridFS specification's download tests, and what else
 * hands and disks do. Each is done by hand to a live blob; what a reader may still get stands beside it.
 */
import { Binary, type Db, type Document, Long, type ObjectId } from 'mongodb';

/** GridFS's default, which the store writes. */
export const chunkBytes = 261_120;

export interface GridfsDamage {
  readonly name: string;
  /** Bytes of the file that it is done to. */
  readonly length: number;
  /** What can't be read any more, `end` exclusive, in whole chunks. Null: every byte is still there. */
  readonly lost: { readonly start: number; readonly end: number } | null;
  /** The invariant of the design that it breaks. Null: none, and GridFS allows it. */
  readonly invariant: 3 | 5 | null;
  /** The number of chunks or the length tells: an upload of equal bytes is not put on this blob, read or not. */
  readonly isSeenByStoring: boolean;
  damage(db: Db, blobId: ObjectId): Promise<void>;
}

/** Ten chunks and a bit: more than one batch of a reader, so that damage is met at once or far into the answer. */
const length = 10 * chunkBytes + 1_000;
const lastChunk = 10;

const recordOf = (db: Db) => db.collection<Document & { _id: ObjectId }>('blobs.files');
const chunksOf = (db: Db) => db.collection('blobs.chunks');

const lostChunk = (n: number) => ({
  start: n * chunkBytes,
  end: Math.min((n + 1) * chunkBytes, length),
});

function missing(name: string, n: number): GridfsDamage {
  return {
    name: `${name} is missing`,
    length,
    lost: lostChunk(n),
    invariant: 5,
    isSeenByStoring: true,
    async damage(db, blobId) {
      await onlyOne(chunksOf(db).deleteOne({ files_id: blobId, n }));
    },
  };
}

function ofOtherSize(name: string, n: number, bytes: number): GridfsDamage {
  return {
    name,
    length,
    lost: lostChunk(n),
    invariant: 5,
    isSeenByStoring: false,
    damage: (db, blobId) => setData(db, blobId, n, Buffer.alloc(bytes, 'x')),
  };
}

export const gridfsDamages: readonly GridfsDamage[] = [
  missing('the first chunk', 0),
  missing('an intermediate chunk', 4),
  missing('an intermediate chunk far in', 9),
  missing('the final chunk', lastChunk),
  ofOtherSize('an intermediate chunk is too short', 9, chunkBytes - 1),
  ofOtherSize('an intermediate chunk is too long', 9, chunkBytes + 1),
  ofOtherSize('an intermediate chunk is empty', 9, 0),
  ofOtherSize('the final chunk is too short', lastChunk, 999),
  ofOtherSize('the final chunk is too long', lastChunk, 1_001),
  {
    name: 'bytes have moved from one chunk to the next, and the sum is right',
    length,
    lost: { start: 8 * chunkBytes, end: lastChunk * chunkBytes },
    invariant: 5,
    isSeenByStoring: false,
    async damage(db, blobId) {
      const [eighth, ninth] = await Promise.all([dataOf(db, blobId, 8), dataOf(db, blobId, 9)]);
      await setData(db, blobId, 8, eighth.subarray(0, chunkBytes - 1));
      await setData(db, blobId, 9, Buffer.concat([eighth.subarray(chunkBytes - 1), ninth]));
    },
  },
  {
    name: 'a chunk holds text where its bytes should be',
    length,
    lost: lostChunk(9),
    invariant: 5,
    isSeenByStoring: false,
    damage: (db, blobId) => setData(db, blobId, 9, 'x'.repeat(chunkBytes)),
  },
  {
    name: 'a chunk is left of a file of one byte, and it is empty',
    length: 1,
    lost: { start: 0, end: 1 },
    invariant: 5,
    isSeenByStoring: false,
    damage: (db, blobId) => setData(db, blobId, 0, Buffer.alloc(0)),
  },
  {
    name: 'a chunk lies beyond the end',
    length,
    lost: null,
    invariant: 5,
    isSeenByStoring: true,
    damage: (db, blobId) => insertChunk(db, blobId, lastChunk + 1, Buffer.from('more')),
  },
  {
    name: 'the record says another length',
    length,
    lost: null,
    invariant: 5,
    isSeenByStoring: true,
    damage: (db, blobId) => setInRecord(db, blobId, { length: Long.fromNumber(length - 1) }),
  },
  {
    name: 'the record says another size of chunks',
    length,
    lost: null,
    invariant: 5,
    isSeenByStoring: true,
    damage: (db, blobId) => setInRecord(db, blobId, { chunkSize: 4 }),
  },
  {
    name: 'the record is gone, and the chunks are there',
    length,
    lost: null,
    invariant: 3,
    isSeenByStoring: true,
    async damage(db, blobId) {
      await onlyOne(recordOf(db).deleteOne({ _id: blobId }));
    },
  },
  {
    name: 'a file without bytes has one empty chunk',
    length: 0,
    lost: null,
    invariant: null,
    isSeenByStoring: true,
    damage: (db, blobId) => insertChunk(db, blobId, 0, Buffer.alloc(0)),
  },
  {
    name: 'the record has no name, as in the oldest buckets',
    length,
    lost: null,
    invariant: null,
    isSeenByStoring: false,
    async damage(db, blobId) {
      await onlyOne(recordOf(db).updateOne({ _id: blobId }, { $unset: { filename: 1 } }));
    },
  },
];

/** As many bytes as before, and others: nothing but a hash over all of them tells (`verify --deep`). */
export async function alterBytes(db: Db, blobId: ObjectId): Promise<void> {
  const data = Buffer.from(await dataOf(db, blobId, 0));
  data.writeUInt8(data.readUInt8(0) ^ 1, 0);
  await setData(db, blobId, 0, data);
}

async function dataOf(db: Db, blobId: ObjectId, n: number): Promise<Uint8Array> {
  const chunk = await chunksOf(db).findOne({ files_id: blobId, n });
  if (!chunk) throw new Error(`There is no chunk ${n} to damage`);
  return new Binary(chunk['data'].buffer).value();
}

async function setData(db: Db, blobId: ObjectId, n: number, data: Uint8Array | string): Promise<void> {
  const stored = typeof data === 'string' ? data : new Binary(data);
  await onlyOne(chunksOf(db).updateOne({ files_id: blobId, n }, { $set: { data: stored } }));
}

async function insertChunk(db: Db, blobId: ObjectId, n: number, data: Uint8Array): Promise<void> {
  await chunksOf(db).insertOne({ files_id: blobId, n, data: new Binary(data) });
}

async function setInRecord(db: Db, blobId: ObjectId, fields: object): Promise<void> {
  await onlyOne(recordOf(db).updateOne({ _id: blobId }, { $set: fields }));
}

/** @throws where nothing was there to damage: a test of it would prove nothing */
async function onlyOne(write: Promise<{ modifiedCount: number } | { deletedCount: number }>): Promise<void> {
  const result = await write;
  const changed = 'deletedCount' in result ? result.deletedCount : result.modifiedCount;
  if (changed !== 1) throw new Error(`The damage was done to ${changed} records`);
}
