/**
 * Any GridFS driver reads what was stored, by whichever way it came: here Node's and PyMongo's, which know nothing of
 * Gridhold but the bucket's name and what docs/data-model.md says.
 */
import { randomBytes } from 'node:crypto';
import { type Db, GridFSBucket, type ObjectId } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ForeignApps, openForeignApps } from './python/foreign-apps.ts';
import { openPythonEnvironment } from './python/python-environment.ts';
import { chunkBytes } from './support/gridfs-damage.ts';
import { postMultipart, uploadParts } from './support/multipart-request.ts';
import { openTestGridhold } from './support/open-gridhold.ts';
import { newUploadUrl, put, sha256Of, storedBy } from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

/** Sizes whose bytes are chunked in different ways. */
const sizes = [
  0,
  1,
  chunkBytes - 1,
  chunkBytes,
  chunkBytes + 1,
  2 * chunkBytes,
  3 * chunkBytes + 1_000,
] as const;

let service: Service;
let db: Db;
let apps: ForeignApps | undefined;
let store: (bytes: Buffer) => Promise<string>;

const python = await openPythonEnvironment();
if (python.missing) it.skip(`By PyMongo: ${python.missing}`);

beforeAll(async () => {
  if (python.program !== undefined) apps = await openForeignApps(python.program);
  const opened = apps ?? (await openTestGridhold());
  ({ db } = opened);
  store = async (bytes) => (await opened.gridhold.store(bytes)).id;
  service = await startService({ GRIDHOLD_DATABASE: db.databaseName, GRIDHOLD_SWEEP_INTERVAL: 'off' });
});

afterAll(() => apps?.close());

/** All the ways in; each gives the storage ID. */
const ways: Readonly<Record<string, (bytes: Buffer) => Promise<string>>> = {
  async 'an upload URL'(bytes) {
    const { url } = await newUploadUrl(service);
    return (await storedBy(await put(url, bytes))).id;
  },
  async 'a GraphQL upload'(bytes) {
    const { body } = await postMultipart(service.url, uploadParts(bytes));
    return (body.data as { uploadFile: { id: string } }).uploadFile.id;
  },
  'the library': (bytes) => store(bytes),
};

describe.each(Object.entries(ways))('what came by %s', (_way, send) => {
  it.each(sizes)(
    'and has %i bytes is read by any driver, and is as the specification wants it',
    async (size) => {
      const bytes = randomBytes(size);
      const id = await send(bytes);
      const sha256 = sha256Of(bytes);
      const file = await db.collection<{ _id: string; blobId: ObjectId }>('files').findOne({ _id: id });
      if (!file) throw new Error('The file that was just stored is not there');

      // Equal bytes are kept once.
      const fileCount = await db.collection('files').countDocuments({ blobId: file.blobId });
      const bucket = new GridFSBucket(db, { bucketName: 'blobs' });
      const whole = Buffer.concat(await bucket.openDownloadStream(file.blobId).toArray());
      expect(whole.equals(bytes)).toBe(true);
      const [start, end] = [Math.floor(size / 3), Math.ceil((2 * size) / 3)];
      const part = await bucket.openDownloadStream(file.blobId, { start, end }).toArray();
      expect(Buffer.concat(part).equals(bytes.subarray(start, end))).toBe(true);
      expect(await bucket.find({ filename: sha256 }).toArray()).toEqual([
        {
          _id: file.blobId,
          length: size,
          chunkSize: chunkBytes,
          uploadDate: expect.any(Date),
          filename: sha256,
          metadata: { sha256, fileCount },
        },
      ]);
      await expectTypes(file.blobId, size);

      expect(await apps?.tell('read', { fileId: id })).toEqual(
        apps && {
          size,
          length: size,
          sha256,
          sameByName: true,
          sameFromTheMiddle: true,
          stream: {
            length: size,
            chunkSize: chunkBytes,
            name: sha256,
            uploadedAt: expect.stringMatching(/^20\d\d-.*\+00:00$/),
            metadata: { sha256, fileCount },
          },
        },
      );
    },
  );
});

/** GridFS specification: the types in `files`, and chunks from 0 with no gap, all but the last of full size. */
async function expectTypes(blobId: ObjectId, size: number): Promise<void> {
  const record = {
    length: { $type: 'long' },
    chunkSize: { $type: 'int' },
    uploadDate: { $type: 'date' },
    filename: { $type: 'string' },
  };
  expect(await db.collection('blobs.files').countDocuments({ _id: blobId, ...record })).toBe(1);
  const chunks = await db
    .collection('blobs.chunks')
    .aggregate([
      { $match: { files_id: blobId, n: { $type: 'int' }, data: { $type: 'binData' } } },
      { $sort: { n: 1 } },
      { $project: { _id: 0, n: 1, bytes: { $binarySize: '$data' } } },
    ])
    .toArray();
  const count = Math.ceil(size / chunkBytes);
  const lengthOf = (n: number): number => Math.min(chunkBytes, size - n * chunkBytes);
  expect(chunks).toEqual(Array.from({ length: count }, (_, n) => ({ n, bytes: lengthOf(n) })));
}
