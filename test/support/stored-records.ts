/** What lies in a database, as numbers that a test can hold against each other. */
import { type Db, MongoClient } from 'mongodb';
import { afterAll, inject } from 'vitest';

/** The database of a running service, seen from beside it. Closed with the test file. */
export async function openDatabase(name: string): Promise<Db> {
  const client = await new MongoClient(inject('mongodbUri')).connect();
  afterAll(() => client.close());
  return client.db(name);
}

export interface StoredRecords {
  readonly files: number;
  readonly attachments: number;
  readonly blobs: number;
  readonly chunks: number;
  readonly leases: number;
}

export async function storedRecords(db: Db): Promise<StoredRecords> {
  const count = (name: string): Promise<number> => db.collection(name).countDocuments();
  const [files, attachments, blobs, chunks, leases] = await Promise.all([
    count('files'),
    count('attachments'),
    count('blobs.files'),
    count('blobs.chunks'),
    count('leases'),
  ]);
  return { files, attachments, blobs, chunks, leases };
}
