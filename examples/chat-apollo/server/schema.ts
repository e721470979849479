/** The chat's GraphQL schema. Each resolver is one call. */
import SchemaBuilder from '@pothos/core';
import { DateTimeResolver } from 'graphql-scalars';
import type { Gridhold } from 'gridhold';
import { nullWhereGone } from '../../server/graphql-errors.ts';
import type { MessageRecord, Messages } from './messages.ts';

export interface ChatContext {
  readonly gridhold: Gridhold;
  readonly messages: Messages;
}

const builder = new SchemaBuilder<{
  Context: ChatContext;
  DefaultFieldNullability: false;
  Scalars: { DateTime: { Input: Date; Output: Date }; ID: { Input: string; Output: string } };
}>({ defaultFieldNullability: false });

builder.addScalarType('DateTime', DateTimeResolver);

const Image = builder.objectRef<{ readonly id: string }>('Image').implement({
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The storage ID.' }),
    url: t.string({
      nullable: true,
      description: 'Where its bytes are. Null where the file was deleted.',
      // Calls of one tick share one look-up, so a list of images needs no loader of its own.
      resolve: ({ id }, _, { gridhold }) => gridhold.url(id).catch(nullWhereGone),
    }),
  }),
});

const Message = builder.objectRef<MessageRecord>('Message').implement({
  description: 'A text, or an image.',
  fields: (t) => ({
    id: t.exposeID('_id'),
    author: t.exposeString('author'),
    body: t.string({
      nullable: true,
      description: 'Null where the message is an image.',
      resolve: ({ body = null }) => body,
    }),
    image: t.field({
      type: Image,
      nullable: true,
      description: 'Null where the message is a text.',
      resolve: ({ imageId }) => (imageId === undefined ? null : { id: imageId }),
    }),
    sentAt: t.expose('sentAt', { type: 'DateTime' }),
  }),
});

builder.queryType({
  fields: (t) => ({
    messages: t.field({
      type: [Message],
      description: 'The newest, oldest first.',
      args: { last: t.arg.int({ required: true, defaultValue: 100 }) },
      resolve: async (_, { last }, { messages }) => [...(await messages.latest(last))],
    }),
  }),
});

builder.mutationType({
  fields: (t) => ({
    generateUploadUrl: t.string({
      description: 'An address that takes one image, by POST. Its answer has the storage ID.',
      resolve: async (_, __, { gridhold }) => (await gridhold.generateUploadUrl()).url,
    }),
    sendMessage: t.field({
      type: Message,
      args: { body: t.arg.string({ required: true }), author: t.arg.string({ required: true }) },
      resolve: (_, { body, author }, { messages }) => messages.sendText(body, author),
    }),
    sendImage: t.field({
      type: Message,
      description: 'Sends an image that was uploaded. Sent again, it is the same message.',
      args: { storageId: t.arg.id({ required: true }), author: t.arg.string({ required: true }) },
      resolve: (_, { storageId, author }, { messages }) => messages.sendImage(storageId, author),
    }),
    deleteMessage: t.boolean({
      description: 'Deletes a message and lets go of its image. False where there was none.',
      args: { id: t.arg.id({ required: true }) },
      resolve: (_, { id }, { messages }) => messages.remove(id),
    }),
  }),
});

export const schema = builder.toSchema();
