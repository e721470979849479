/**
 * The chat's own collection, and the two transactions in which a message and its hold on an image come and go together.
 * A crash before a commit leaves neither; what was uploaded for it is a file that nothing holds, and Gridhold collects
 * it in its time.
 */
import { type Gridhold, GridholdError } from 'gridhold';
import { type MongoClient, ObjectId } from 'mongodb';
import { checkAuthor, checkBody, checkLast } from '../../server/check-input.ts';
import { imageTypes } from './image-limits.ts';

export interface MessageRecord {
  readonly _id: string;
  readonly author: string;
  readonly sentAt: Date;
  /** A text has this, and an image the other. */
  readonly body?: string;
  /** A storage ID. Gridhold knows that this document holds it. */
  readonly imageId?: string;
}

export interface Messages {
  /** The newest, oldest first. */
  latest(last: number): Promise<readonly MessageRecord[]>;
  sendText(body: string, author: string): Promise<MessageRecord>;
  /**
   * Safe to repeat: one upload makes one message.
   * @throws GridholdError FILE_NOT_FOUND, CONTENT_TYPE_NOT_ALLOWED
   */
  sendImage(storageId: string, author: string): Promise<MessageRecord>;
  /** False where there was none. Safe to repeat. */
  remove(id: string): Promise<boolean>;
}

const mostListed = 100;

/** By these two names Gridhold knows who holds a file. */
const documentOf = (id: string) => ({ collection: 'messages', documentId: id });

export async function openMessages(
  client: MongoClient,
  database: string,
  gridhold: Gridhold,
): Promise<Messages> {
  const messages = client.db(database).collection<MessageRecord>('messages');
  await messages.createIndexes([{ key: { sentAt: -1, _id: -1 } }, { key: { imageId: 1 }, sparse: true }]);

  /** The ID is made before any write: MongoDB may run a transaction's callback several times. */
  const newMessage = (author: string) => ({
    _id: new ObjectId().toHexString(),
    author: checkAuthor(author),
    sentAt: new Date(),
  });

  return {
    async latest(last) {
      const newestFirst = await messages
        .find()
        .sort({ sentAt: -1, _id: -1 })
        .limit(checkLast(last, mostListed))
        .toArray();
      return newestFirst.reverse();
    },

    async sendText(body, author) {
      const message = { ...newMessage(author), body: checkBody(body) };
      await messages.insertOne(message);
      return message;
    },

    async sendImage(storageId, author) {
      const message = { ...newMessage(author), imageId: storageId };
      await checkIsImage(gridhold, storageId);
      return await client.withSession((session) =>
        session.withTransaction(async () => {
          const before = await messages.findOne({ imageId: storageId }, { session });
          if (before) return before;
          await messages.insertOne(message, { session });
          await gridhold.attach({ fileId: storageId, document: documentOf(message._id) }, { session });
          return message;
        }),
      );
    },

    async remove(id) {
      return await client.withSession((session) =>
        session.withTransaction(async () => {
          const { deletedCount } = await messages.deleteOne({ _id: id }, { session });
          await gridhold.detachDocument({ document: documentOf(id) }, { session });
          return deletedCount === 1;
        }),
      );
    },
  };
}

/** Storage IDs come from clients, and other files may lie in the same store. What a file is never changes. */
async function checkIsImage(gridhold: Gridhold, storageId: string): Promise<void> {
  const file = await gridhold.file(storageId);
  if (!file) throw new GridholdError('FILE_NOT_FOUND', 'There is no such file', { fileIds: [storageId] });
  if (file.contentType.startsWith('image/')) return;
  throw new GridholdError('CONTENT_TYPE_NOT_ALLOWED', 'The file is not an image', {
    declared: null,
    detected: file.contentType,
    allowed: imageTypes,
  });
}
