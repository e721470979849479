/** Files as they lie in the database, inserted as they are: for tests that need many, with keys of their choice. */
import { type Db, ObjectId } from 'mongodb';

export interface FileRow {
  readonly _id: string;
  readonly filename: string | null;
  readonly size: number;
  readonly uploadedAt: Date;
}

export async function insertFiles(db: Db, rows: readonly FileRow[]): Promise<void> {
  if (rows.length === 0) return;
  const common = {
    blobId: new ObjectId(),
    contentType: 'text/plain',
    sha256: '0'.repeat(64),
    owner: null,
    visibility: 'PUBLIC',
    metadata: {},
    keep: true,
    refCount: 0,
  };
  await db.collection<FileRow>('files').insertMany(rows.map((row) => ({ ...common, ...row })));
}
