/** The app's GraphQL: pictures by prompt, and what can be done with them. */
import SchemaBuilder from '@pothos/core';
import type { GraphQLSchema } from 'graphql';
import { DateTimeResolver } from 'graphql-scalars';
import type { Gridhold } from 'gridhold';
import { nullWhereGone } from '../../server/graphql-errors.ts';
import type { Picture, Pictures } from './pictures.ts';
import type { Receipt } from './third-party.ts';

interface Types {
  readonly Context: { readonly request: Request };
  readonly Objects: { readonly Picture: Picture; readonly Image: { url: string }; readonly Receipt: Receipt };
  readonly Scalars: { DateTime: { readonly Input: Date; readonly Output: Date } };
  readonly DefaultFieldNullability: false;
}

export function createSchema(pictures: Pictures, gridhold: Gridhold): GraphQLSchema {
  const builder = new SchemaBuilder<Types>({ defaultFieldNullability: false });
  builder.addScalarType('DateTime', DateTimeResolver);

  builder.objectType('Image', {
    fields: (t) => ({ url: t.exposeString('url', { description: 'Where its bytes are.' }) }),
  });

  builder.objectType('Receipt', {
    description: 'What the print service says about what it got.',
    fields: (t) => ({
      number: t.exposeString('number'),
      bytes: t.exposeInt('bytes', { description: 'How many arrived there.' }),
      sha256: t.exposeString('sha256', { description: 'Of what arrived there, in lower-case hex.' }),
    }),
  });

  builder.objectType('Picture', {
    fields: (t) => ({
      id: t.exposeID('_id'),
      prompt: t.exposeString('prompt'),
      createdAt: t.expose('createdAt', { type: 'DateTime' }),
      receipt: t.expose('receipt', { type: 'Receipt', nullable: true, description: 'Of the latest print.' }),
      image: t.field({
        type: 'Image',
        nullable: true,
        description: 'Null where its file was deleted.',
        // All that a list asks for cost one look-up.
        resolve: ({ storageId }) => gridhold.url(storageId).then((url) => ({ url }), nullWhereGone),
      }),
    }),
  });

  builder.queryType({
    fields: (t) => ({
      pictures: t.field({
        type: ['Picture'],
        description: 'The newest 100, the newest first.',
        resolve: async () => [...(await pictures.list())],
      }),
    }),
  });

  builder.mutationType({
    fields: (t) => ({
      generateImage: t.field({
        type: 'Picture',
        description: 'Has an image made by the third party, and keeps it.',
        args: { prompt: t.arg.string({ required: true, description: '1 to 200 characters.' }) },
        resolve: (_, { prompt }, { request }) => pictures.generate(prompt, request.signal),
      }),
      sendToPrinter: t.field({
        type: 'Receipt',
        description: 'Sends the bytes of a picture to the third party.',
        args: { id: t.arg.id({ required: true }) },
        resolve: (_, { id }, { request }) => pictures.print(String(id), request.signal),
      }),
      deletePicture: t.boolean({
        description: 'False where there was none, as in a repeated request.',
        args: { id: t.arg.id({ required: true }) },
        resolve: (_, { id }) => pictures.delete(String(id)),
      }),
    }),
  });

  return builder.toSchema();
}
