/**
 * A clean store of 1,000 files, written in bulk as Gridhold would have written it: equal contents, several holds, kept
 * files, blobs of several chunks, uploads under way, and leases of every kind. With a copy, so that a test can break one
 * thing, see byte for byte what has changed, and have the store as it was.
 */
import { createHash, randomBytes } from 'node:crypto';
import { Binary, BSON, type Db, Long, ObjectId } from 'mongodb';
import { newFileId } from '../../src/domain/ids.ts';
import { chunkBytes } from '../../src/storage/blobs.ts';

const fileCount = 1_000;
const filesOnOneBlob = 4;
const sharedFiles = 300;
/** Of the first blobs; the others are small. */
const sizes = [
  0,
  1,
  chunkBytes - 1,
  chunkBytes,
  chunkBytes + 1,
  3 * chunkBytes - 7,
  2 * chunkBytes,
  3 * chunkBytes,
];

export interface KnownBlob {
  readonly id: ObjectId;
  readonly bytes: Buffer;
  readonly fileIds: readonly string[];
}

export interface VerifyStore {
  readonly blobs: readonly KnownBlob[];
  /** Of a size, by which the tests know it. */
  blobOf(size: number): KnownBlob;
  /** A file with so many attachments. */
  fileWith(holds: number, keep?: boolean): string;
  /** Of each collection: equal where every document is byte for byte the same. */
  hashes(): Promise<Record<string, string>>;
  /** Documents that are not as they were, as `collection/_id`, sorted. */
  changes(): Promise<string[]>;
  /** The store as it was. */
  restore(): Promise<void>;
}

/** A record with an `_id` of any type. */
export interface Row {
  _id: ObjectId | string;
  [field: string]: unknown;
}

export async function fillVerifyStore(db: Db): Promise<VerifyStore> {
  const records: Record<string, Row[]> = {
    files: [],
    attachments: [],
    'blobs.files': [],
    'blobs.chunks': [],
    leases: [],
  };
  const add = (collection: string, record: Row): void => void records[collection]?.push(record);
  const at = new Date('2026-11-01T10:00:00Z');
  const blobs: KnownBlob[] = [];
  const facts = new Map<string, { holds: number; keep: boolean }>();

  for (let number = 0; facts.size < fileCount; number++) {
    const bytes = randomBytes(sizes[number] ?? 20 + (number % 50));
    const id = new ObjectId();
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const shares = facts.size < sharedFiles ? filesOnOneBlob : 1;
    const fileIds = Array.from({ length: shares }, newFileId);
    for (const [place, _id] of fileIds.entries()) {
      const holds = (number + place) % 5;
      const keep = number % 7 === 0;
      facts.set(_id, { holds, keep });
      add('files', {
        _id,
        blobId: id,
        filename: '$owner',
        contentType: 'text/plain',
        size: bytes.byteLength,
        sha256,
        owner: null,
        visibility: 'PUBLIC',
        metadata: { $ref: 'a', $id: { $function: 'x' } },
        keep,
        uploadedAt: at,
        refCount: holds,
        ...(holds === 0 && !keep ? { unreferencedSince: at } : {}),
      });
      for (let hold = 0; hold < holds; hold++) {
        const document = { collection: 'messages', documentId: `${number}-${place}`, field: `file${hold}` };
        add('attachments', { _id: new ObjectId(), fileId: _id, ...document, attachedAt: at });
      }
    }
    add('blobs.files', {
      _id: id,
      length: Long.fromNumber(bytes.byteLength),
      chunkSize: chunkBytes,
      filename: sha256,
      metadata: { sha256: number === 20 ? null : sha256, fileCount: shares },
      uploadDate: at,
    });
    for (const chunk of chunksOf(id, bytes)) add('blobs.chunks', chunk);
    blobs.push({ id, bytes, fileIds });
  }
  for (const why of ['writing', 'deleted', 'abandoned', 'remembered']) {
    for (let number = 0; number < 5; number++) {
      const _id = new ObjectId();
      add('leases', { _id, why, until: at, since: at, receivedBytes: 0, progressAt: at });
      // An upload under way may have any of its chunks; a remembered one has none.
      const some = why === 'remembered' ? [] : smallChunks(_id).slice(number % 2);
      for (const chunk of some) add('blobs.chunks', chunk);
    }
  }
  for (const [collection, all] of Object.entries(records)) {
    await db.collection<Row>(collection).insertMany(all);
  }
  const hashes = await hashesOf(db);
  const copy = await rawRecords(db, () => true);

  async function difference(): Promise<{ gone: Raw[]; added: Raw[] }> {
    const now = await hashesOf(db);
    const differs = (name: string): boolean => now[name] !== hashes[name];
    const current = await rawRecords(db, differs);
    return {
      gone: [...copy].filter(([hash, { name }]) => differs(name) && !current.has(hash)).map(([, raw]) => raw),
      added: [...current].filter(([hash]) => !copy.has(hash)).map(([, raw]) => raw),
    };
  }

  return {
    blobs,
    blobOf: (size) => found(blobs.find(({ bytes }) => bytes.byteLength === size)),
    fileWith: (holds, keep = false) =>
      found([...facts].find(([, fact]) => fact.holds === holds && fact.keep === keep))[0],
    hashes: () => hashesOf(db),
    async changes() {
      const { gone, added } = await difference();
      return [...new Set([...gone, ...added].map((raw) => `${raw.name}/${idOf(raw)}`))].sort();
    },
    async restore() {
      const { gone, added } = await difference();
      for (const raw of added) await db.collection<Row>(raw.name).deleteOne({ _id: idOf(raw) });
      for (const { name, bytes } of gone) {
        await db.collection(name).insertOne(BSON.deserialize(bytes, { promoteValues: false }));
      }
    },
  };
}

export function chunksOf(files_id: unknown, bytes: Buffer): Row[] {
  return Array.from({ length: Math.ceil(bytes.byteLength / chunkBytes) }, (_, n) => ({
    _id: new ObjectId(),
    files_id,
    n,
    data: new Binary(bytes.subarray(n * chunkBytes, (n + 1) * chunkBytes)),
  }));
}

/** As a writer leaves them that was stopped. */
function smallChunks(files_id: ObjectId): Row[] {
  const data = new Binary(Buffer.from('bytes'));
  return [0, 1].map((n) => ({ _id: new ObjectId(), files_id, n, data }));
}

interface Raw {
  /** Of its collection. */
  readonly name: string;
  readonly bytes: Buffer;
}

/** Every document of some collections, by the hash of its bytes. */
async function rawRecords(db: Db, isWanted: (name: string) => boolean): Promise<Map<string, Raw>> {
  const all = new Map<string, Raw>();
  for (const collection of await db.collections()) {
    const name = collection.collectionName;
    if (!isWanted(name)) continue;
    for await (const record of collection.find({}, { raw: true })) {
      if (!(record instanceof Uint8Array)) throw new Error('The driver gave no bytes');
      const bytes = Buffer.from(record);
      all.set(createHash('sha256').update(name).update(bytes).digest('hex'), { name, bytes });
    }
  }
  return all;
}

/** Of each collection, over all bytes of all documents, made by MongoDB. */
async function hashesOf(db: Db): Promise<Record<string, string>> {
  return (await db.command({ dbHash: 1 }))['collections'];
}

function idOf({ bytes }: Raw): Row['_id'] {
  return BSON.deserialize(bytes)['_id'];
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('The store has none such');
  return value;
}
