/**
 * The chat's messages, in the app's own MongoDB. Message IDs are made before anything is written, so that Gridhold can
 * hold an image for a message that is about to be inserted.
 *
 * An ID is taken once: by its message, or by the mark that nobody will insert one under it any more (reconcile.ts).
 * MongoDB lets only one of the two in. Marks stay for ever, and are tiny: no clock knows when the last request that
 * could know the ID is gone.
 */
import type { DocumentName } from 'gridhold/client';
import { type Collection, type MongoClient, MongoServerError } from 'mongodb';
import { type HolderRecord, holderId, openHolder } from './holder.ts';
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
  /** By which Gridhold knows all that these messages hold. */
  readonly holder: string;
  holderOf(id: string): DocumentName;
  /**
   * Which of these IDs are messages.
   * @throws where the collection is no longer the one that was opened: what it does not know may still be held
   */
  existing(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** From now on no message can be inserted under this ID. False where there is one. */
  giveUp(id: string): Promise<boolean>;
}

const duplicateKey = 11_000;

export async function openMessages(client: MongoClient, database: string): Promise<Messages> {
  // What is acknowledged must last: Gridhold's holds follow it.
  const db = client.db(database, { writeConcern: { w: 'majority' }, readPreference: 'primary' });
  const records: Collection<Message | GivenUp | HolderRecord> = db.collection('messages');
  await records.createIndexes([{ key: { sentAt: -1, _id: -1 } }, { key: { storageId: 1 }, sparse: true }]);
  const life = await openHolder(db.collection('messages'));
  const holder = `${database}.messages.${life}`;
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
    holder,
    holderOf: (id) => ({ collection: holder, documentId: id }),
    async existing(ids) {
      // The holder's record in the same look: where it is there, the messages were.
      const found = await records.find({ _id: { $in: [holderId, ...ids] } }).toArray();
      if (!found.some((one) => 'holder' in one && one.holder === life)) {
        throw new Error('The messages were emptied or replaced while this server ran: start it anew');
      }
      return new Set(found.filter((one) => 'sentAt' in one).map(({ _id }) => _id));
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
