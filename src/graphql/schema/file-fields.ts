/** What every upload may say about the file that shall come of it, whichever way its bytes take. */
import type { builder } from '../builder.ts';
import { AttachToInput } from './document-input.ts';
import { VisibilityEnum } from './file.ts';

type BuilderTypes = typeof builder extends PothosSchemaTypes.SchemaBuilder<infer Types> ? Types : never;

export function fileFields(t: PothosSchemaTypes.InputFieldBuilder<BuilderTypes, 'InputObject'>) {
  return {
    filename: t.string({
      description: 'The name that a download gets; else the one that comes with the bytes.',
    }),
    contentTypes: t.stringList({
      description:
        'What may come: `image/png`, or `image/*` for all images. Narrows what the settings allow.',
    }),
    maxSize: t.field({
      type: 'SafeInt',
      description: 'How many bytes may come. Narrows what the settings allow.',
    }),
    sha256: t.string({ description: 'The SHA-256, in hex, that the bytes must hash to.' }),
    visibility: t.field({
      type: VisibilityEnum,
      description: 'Who may read the bytes; else as the settings say.',
    }),
    metadata: t.field({ type: 'JSONObject', description: 'Keys of your own, at most 16 KiB of JSON.' }),
    keep: t.boolean({
      required: true,
      defaultValue: false,
      description: 'Never collect it, whether a document holds it or not.',
    }),
    owner: t.string({ description: 'Whose file it shall be, for backends that act for their users.' }),
    attachTo: t.field({
      type: AttachToInput,
      description: 'Attach it in the same transaction that stores it.',
    }),
  };
}
