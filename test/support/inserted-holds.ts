/** Attachments put past the rules, by the hundred and with times of the test's choice: what lists are read from. */
import { type Db, ObjectId } from 'mongodb';
import type { DocumentName } from '../../src/domain/model.ts';
import type { Gridhold } from '../../src/gridhold.ts';

export interface Hold extends DocumentName {
  /** Which of the files that the test has stored. */
  readonly file: number;
  readonly field: string;
  readonly at: number;
}

/**
 * The IDs of files to be held. No two have the same bytes, and they come ten at once: a hundred would wait for each
 * other to share them, or for a busy MongoDB, until they are told to come again.
 */
export async function storeFiles(gridhold: Gridhold, count: number): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) {
    const some = Array.from({ length: Math.min(10, count - ids.length) }, (_, number) =>
      gridhold.store(Buffer.from(`file ${ids.length + number}`)),
    );
    ids.push(...(await Promise.all(some)).map(({ id }) => id));
  }
  return ids;
}

/** Few times, so that keys are equal. Given in the order of the pages: by time, then in the order of making. */
export async function insertHolds(db: Db, fileIds: readonly string[], holds: readonly Hold[]): Promise<void> {
  if (holds.length === 0) return;
  const records = holds.map(({ file, at, ...hold }, number) => ({
    _id: ObjectId.createFromHexString(number.toString(16).padStart(24, '0')),
    fileId: fileIds[file] ?? '',
    ...hold,
    attachedAt: new Date(1_700_000_000_000 + at),
  }));
  await db.collection('attachments').insertMany(records);
}
