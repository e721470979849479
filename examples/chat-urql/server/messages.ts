/**
 * The chat's messages, in the app's own MongoDB. Message IDs are made before anything is written, so that Gridhold can
 * hold an image for a message that is about to be inserted.
 *
 * An ID is taken once: by its message, or by the mark that nobody will insert one under it any more (reconcile.ts).
 * MongoDB lets only one of the two in. Marks go after a day, when no request is left that could know the ID.
 */
import { type Collection, type MongoClient, MongoServerError } from 'mongodb';
import { UserError } from './user-error.ts';

export interface Message {
  readonly _id: string;
  readonly author: string;
  /** Null: an image. */
  readonly body: string | null;
  /** Null: a text. */
  readonly storageId: string | null;
  readonly sentAt: Date;
}

interface GivenUp {
  readonly _id: string;
  readonly givenUpAt: Date;
}

export interface Messages {
  /** The newest `count`, the oldest of them first. */
  newest(count: number): Promise<readonly Message[]>;
  /** @throws UserError where the ID was given up: its image is let go of */
  insert(message: Message): Promise<void>;
  /** False where there was none. */
  delete(id: string): Promise<boolean>;
  hasImage(storageId: string): Promise<boolean>;
  /** Which of these IDs are messages. */
  existing(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** From now on no message can be inserted under this ID. False where there is one. */
  giveUp(id: string): Promise<boolean>;
}

const daySeconds = 86_400;
const duplicateKey = 11_000;

export async function openMessages(client: MongoClient, database: string): Promise<Messages> {
  // What is acknowledged must last: Gridhold's holds follow it.
  const db = client.db(database, { writeConcern: { w: 'majority' }, readPreference: 'primary' });
  const records: Collection<Message | GivenUp> = db.collection('messages');
  await records.createIndexes([
    { key: { sentAt: -1, _id: -1 } },
    { key: { storageId: 1 }, sparse: true },
    { key: { givenUpAt: 1 }, expireAfterSeconds: daySeconds },
  ]);
  return {
    async newest(count) {
      const found = await records
        .find<Message>({ sentAt: { $exists: true } })
        .sort({ sentAt: -1, _id: -1 })
        .limit(count)
        .toArray();
      return found.reverse();
    },
    async insert(message) {
      try {
        await records.insertOne(message);
      } catch (error) {
        if (!(error instanceof MongoServerError) || error.code !== duplicateKey) throw error;
        throw new UserError(503, 'SENDING_TOOK_TOO_LONG', 'Sending took too long. Please try again.');
      }
    },
    async delete(id) {
      const { deletedCount } = await records.deleteOne({ _id: id, sentAt: { $exists: true } });
      return deletedCount === 1;
    },
    async hasImage(storageId) {
      return (await records.findOne({ storageId }, { projection: { _id: 1 } })) !== null;
    },
    async existing(ids) {
      const found = records.find({ _id: { $in: [...ids] }, sentAt: { $exists: true } });
      return new Set(await found.map(({ _id }) => _id).toArray());
    },
    async giveUp(id) {
      const record = await records.findOneAndUpdate(
        { _id: id },
        { $setOnInsert: { givenUpAt: new Date() } },
        { upsert: true, returnDocument: 'after' },
      );
      return record !== null && 'givenUpAt' in record;
    },
  };
}
