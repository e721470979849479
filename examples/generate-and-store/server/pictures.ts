/**
 * The app's pictures, and their files.
 *
 * generate: the bytes stream from the third party into Gridhold, and are a whole file or nothing. Then one transaction
 * inserts the picture and attaches the file. A crash before it leaves a file that nothing holds, which is collected in
 * its time; after it there are both.
 * print: the receipt is kept once the third party has said that the same bytes arrived. A crash before that may have
 * printed without a receipt: whoever prints again, prints twice.
 * delete: one transaction takes the picture away and lets go of its file.
 */
import { GraphQLError } from 'graphql';
import type { Gridhold } from 'gridhold';
import type { MongoClient } from 'mongodb';
import { checkText } from '../../server/check-input.ts';
import { type Receipt, type ThirdParty, ThirdPartyError } from './third-party.ts';

export interface Picture {
  readonly _id: string;
  readonly prompt: string;
  readonly storageId: string;
  readonly createdAt: Date;
  /** Of the latest print. */
  readonly receipt: Receipt | null;
}

export interface Pictures {
  /** The newest first. */
  list(): Promise<readonly Picture[]>;
  /** @throws GraphQLError BAD_USER_INPUT, THIRD_PARTY_FAILED; GridholdError */
  generate(prompt: string, signal: AbortSignal): Promise<Picture>;
  /** @throws GraphQLError PICTURE_NOT_FOUND, THIRD_PARTY_FAILED; GridholdError FILE_NOT_FOUND */
  print(id: string, signal: AbortSignal): Promise<Receipt>;
  /** False where there was none, as in a repeated request. */
  delete(id: string): Promise<boolean>;
}

const collection = 'pictures';
const mostListed = 100;
const mostPromptCharacters = 200;
const mostImageBytes = 20_000_000;

export async function openPictures(
  { client, database }: { readonly client: MongoClient; readonly database: string },
  gridhold: Gridhold,
  thirdParty: ThirdParty,
): Promise<Pictures> {
  const pictures = client.db(database).collection<Picture>(collection);
  await pictures.createIndex({ createdAt: -1 });
  return {
    list: () => pictures.find().sort({ createdAt: -1 }).limit(mostListed).toArray(),

    async generate(prompt, signal) {
      const text = checkPrompt(prompt);
      const { bytes, contentType } = await thirdParty.drawImage(text, signal);
      const file = await gridhold.store(bytes, {
        contentType,
        contentTypes: ['image/*'],
        maxSize: mostImageBytes,
        filename: `${text}.png`,
        metadata: { prompt: text },
      });
      // Made before the transaction, which MongoDB may run several times.
      const picture = {
        _id: crypto.randomUUID(),
        prompt: text,
        storageId: file.id,
        createdAt: new Date(),
        receipt: null,
      };
      await client.withSession((session) =>
        session.withTransaction(async () => {
          await pictures.insertOne(picture, { session });
          const document = { collection, documentId: picture._id };
          await gridhold.attach({ fileId: file.id, document }, { session });
        }),
      );
      return picture;
    },

    async print(id, signal) {
      const picture = await pictures.findOne({ _id: id });
      if (!picture) throw pictureNotFound();
      const { file, stream } = await gridhold.open(picture.storageId);
      const { contentType, size, sha256 } = file;
      try {
        const receipt = await thirdParty.print(
          { title: picture.prompt, contentType, size, bytes: stream },
          signal,
        );
        if (receipt.sha256 !== sha256) {
          throw new ThirdPartyError('The print service received other bytes than were sent.');
        }
        await pictures.updateOne({ _id: id }, { $set: { receipt } });
        return receipt;
      } finally {
        stream.destroy();
      }
    },

    async delete(id) {
      return await client.withSession((session) =>
        session.withTransaction(async () => {
          const { deletedCount } = await pictures.deleteOne({ _id: id }, { session });
          await gridhold.detachDocument({ document: { collection, documentId: id } }, { session });
          return deletedCount === 1;
        }),
      );
    },
  };
}

function checkPrompt(prompt: string): string {
  return checkText(prompt, mostPromptCharacters, 'A prompt', 'Say what the picture shall show.');
}

function pictureNotFound(): GraphQLError {
  return new GraphQLError('This picture is no more.', { extensions: { code: 'PICTURE_NOT_FOUND' } });
}
