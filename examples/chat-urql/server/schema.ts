/** The chat's GraphQL: all but the bytes. It works while Gridhold does not. */
import SchemaBuilder from '@pothos/core';
import type { GraphQLSchema } from 'graphql';
import { DateTimeResolver } from 'graphql-scalars';
import type { DocumentName, GridholdClient } from 'gridhold/client';
import { checkAuthor, checkBody, checkLast } from '../../server/check-input.ts';
import { imagePath } from './get-image.ts';
import type { Message, Messages } from './messages.ts';

interface Types {
  readonly Objects: { readonly Message: Message; readonly Image: { readonly storageId: string } };
  readonly Scalars: { DateTime: { readonly Input: Date; readonly Output: Date } };
  readonly DefaultFieldNullability: false;
}

const mostListed = 200;
const longestLettingGoMs = 5_000;

export function createSchema(messages: Messages, gridhold: GridholdClient, apiUrl: string): GraphQLSchema {
  const builder = new SchemaBuilder<Types>({ defaultFieldNullability: false });
  builder.addScalarType('DateTime', DateTimeResolver);

  builder.objectType('Image', {
    fields: (t) => ({
      storageId: t.exposeID('storageId'),
      url: t.string({
        description: 'Where it is shown: a route of this app.',
        resolve: ({ storageId }) => `${apiUrl}${imagePath(storageId)}`,
      }),
    }),
  });

  builder.objectType('Message', {
    description: 'A text or an image.',
    fields: (t) => ({
      id: t.exposeID('_id'),
      author: t.exposeString('author'),
      body: t.exposeString('body', { nullable: true, description: 'The text; null where it is an image.' }),
      image: t.field({
        type: 'Image',
        nullable: true,
        description: 'Null where it is a text.',
        resolve: ({ storageId }) => (storageId === null ? null : { storageId }),
      }),
      sentAt: t.expose('sentAt', { type: 'DateTime' }),
    }),
  });

  builder.queryType({
    fields: (t) => ({
      messages: t.field({
        type: ['Message'],
        description: 'The newest ones, the oldest of them first.',
        args: { last: t.arg.int({ required: true, defaultValue: 100, description: `1 to ${mostListed}.` }) },
        resolve: async (_, { last }) => [...(await messages.newest(checkLast(last, mostListed)))],
      }),
    }),
  });

  builder.mutationType({
    fields: (t) => ({
      sendMessage: t.field({
        type: 'Message',
        description: 'Sends a text. Images go to POST /sendImage.',
        args: { body: t.arg.string({ required: true }), author: t.arg.string({ required: true }) },
        resolve: async (_, { body, author }) => {
          const message = {
            _id: crypto.randomUUID(),
            author: checkAuthor(author),
            body: checkBody(body),
            storageId: null,
            sentAt: new Date(),
          };
          await messages.insert(message);
          return message;
        },
      }),
      deleteMessage: t.boolean({
        description: 'False where there was none, as in a repeated request.',
        args: { id: t.arg.id({ required: true }) },
        resolve: async (_, { id }) => {
          const messageId = String(id);
          const wasThere = await messages.delete(messageId);
          await letGo(gridhold, messages.holderOf(messageId));
          return wasThere;
        },
      }),
    }),
  });

  return builder.toSchema();
}

/**
 * After the message is gone: the other way round, a crash between the two would leave a message without its image. What
 * fails here has only to wait for reconcile.ts, so the user is not told.
 */
async function letGo(gridhold: GridholdClient, document: DocumentName): Promise<void> {
  try {
    const signal = AbortSignal.timeout(longestLettingGoMs);
    await gridhold.detachDocument({ document }, { signal });
  } catch (error) {
    process.stderr.write(
      `Message ${document.documentId} is deleted, and its image still held: ${String(error)}\n`,
    );
  }
}
