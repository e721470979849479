/** Uploads through GraphQL itself. How the bytes get out of the request is left to uploads/. */
import { builder } from '../builder.ts';
import { fileFields } from './file-fields.ts';
import { File } from './refs.ts';

export const StoreFileInput = builder.inputType('StoreFileInput', {
  description: 'What the stored file shall be.',
  fields: (t) => ({
    ...fileFields(t),
    idempotencyKey: t.string({
      description: 'Of your own making: the same key again, within a day, gives the same file.',
    }),
  }),
});

builder.mutationField('uploadFile', (t) =>
  t.field({
    type: File,
    description:
      'Stores a file that comes in this request. Where you can, prefer `generateUploadUrl`: plain HTTP shows progress and takes any client.',
    args: {
      file: t.arg({ type: 'Upload', required: true, description: 'The file.' }),
      input: t.arg({ type: StoreFileInput, description: 'What the stored file shall be.' }),
    },
    async resolve(_root, { file, input }, { useCases, caller }) {
      const staged = await file.staged(input?.maxSize);
      return (await useCases.storeStaged(staged, input ?? {}, caller)).file;
    },
  }),
);
