/** How requests name a document and a field, wherever one is named. */
import { builder } from '../builder.ts';

export const DocumentInput = builder.inputType('DocumentInput', {
  description: 'Names a document of yours. Both parts are strings of 1 to 200 characters, taken as they are.',
  fields: (t) => ({
    collection: t.string({ required: true, description: 'What kind of thing it is, such as `posts`.' }),
    documentId: t.id({ required: true, description: 'Its ID among those.' }),
  }),
});

export const fieldArgument = {
  required: true,
  defaultValue: 'file',
  description: 'The field of the document that the file stands in, such as `avatar`.',
} as const;

export const AttachToInput = builder.inputType('AttachToInput', {
  description:
    'Attaches the file in the same transaction that stores it. For documents that exist already: a hold for a document that is never saved is never collected.',
  fields: (t) => ({
    document: t.field({
      type: DocumentInput,
      required: true,
      description: 'The document that shall hold it.',
    }),
    field: t.string(fieldArgument),
    replace: t.boolean({
      required: true,
      defaultValue: false,
      description: 'Let go of all else that the field holds, in the same transaction.',
    }),
  }),
});
