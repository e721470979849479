/** The commands of docs/data-model.md for any language, sent as they stand there, one after another in a transaction. */
import { BSON, type Db, type MongoClient } from 'mongodb';
import { commandOf } from './data-model-page.ts';

export interface Place {
  readonly client: MongoClient;
  readonly db: Db;
}
export interface DocumentName {
  readonly collection: string;
  readonly documentId: string;
}

async function byCommands<Outcome>(
  fileId: string,
  document: DocumentName,
  work: (send: (mark: string) => Promise<number>) => Promise<Outcome>,
  { client, db }: Place,
): Promise<Outcome> {
  const values = {
    FILE: fileId,
    COLLECTION: document.collection,
    DOCUMENT: document.documentId,
    FIELD: 'file',
    NOW: new Date().toISOString(),
  };
  return await client.withSession((session) =>
    session.withTransaction(
      () =>
        work(async (mark) => {
          const text = commandOf(mark).replace(/"([A-Z]+)"/g, (_, name: keyof typeof values) => {
            return JSON.stringify(values[name]);
          });
          const { n } = await db.command(BSON.EJSON.parse(text), { session });
          return n;
        }),
      { readConcern: { level: 'snapshot' }, writeConcern: { w: 'majority' }, readPreference: 'primary' },
    ),
  );
}

/** @throws where there is no such file */
export async function attachByCommands(fileId: string, document: DocumentName, place: Place): Promise<void> {
  const attach = async (send: (mark: string) => Promise<number>): Promise<void> => {
    if ((await send('touch')) === 1) return;
    if ((await send('count')) === 0) throw new Error('There is no such file');
    await send('hold');
  };
  await byCommands(fileId, document, attach, place);
}

/** @returns false where the field did not hold it */
export async function detachByCommands(
  fileId: string,
  document: DocumentName,
  place: Place,
): Promise<boolean> {
  const detach = async (send: (mark: string) => Promise<number>): Promise<boolean> => {
    if ((await send('release')) === 0) return false;
    if ((await send('count-last-down')) === 0) await send('count-down');
    return true;
  };
  return await byCommands(fileId, document, detach, place);
}
