/** `File`: one storage ID with its metadata, and how to change or delete it. Finding files is file-queries.ts. */
import { builder } from '../builder.ts';
import { wrapJson } from '../scalars.ts';
import { addressOf, downloadArgument, expiresInArgument } from './file-address.ts';
import { File } from './refs.ts';

export const VisibilityEnum = builder.enumType('Visibility', {
  description: 'Who may read the bytes of a file.',
  values: {
    PUBLIC: { description: 'Whoever knows the storage ID.' },
    PRIVATE: { description: 'Whoever has a signed URL, and callers who may.' },
  } as const,
});

builder.node(File, {
  description:
    'A stored file: one storage ID, its metadata, and how many documents hold it. The bytes never change: new bytes are a new file.',
  id: {
    resolve: (file) => file.id,
    description: 'The storage ID, `file_…`: what your documents keep, and what the byte route takes.',
  },
  loadManyWithoutCache: (ids, { useCases, caller }) => useCases.filesByIds(ids, caller),
  // A new field may be wanted by gridhold/client too: client/operations.ts asks for it, gridhold-client.ts has its type.
  fields: (t) => ({
    filename: t.exposeString('filename', {
      nullable: true,
      description: 'The name that a download gets. It may hold anything, and need not be unique.',
    }),
    contentType: t.exposeString('contentType', {
      description: 'The media type, such as `image/png`: as declared, unless the bytes show another.',
    }),
    size: t.expose('size', { type: 'SafeInt', description: 'How many bytes.' }),
    sha256: t.exposeString('sha256', { description: 'The SHA-256 of the bytes, in lower-case hex.' }),
    uploadedAt: t.expose('uploadedAt', { type: 'DateTime', description: 'When it was stored.' }),
    visibility: t.field({
      type: VisibilityEnum,
      description: 'Who may read the bytes.',
      resolve: (file) => file.visibility,
    }),
    owner: t.exposeString('owner', {
      nullable: true,
      description: "The user whose file it is; null where it is nobody's, and for those who may not list it.",
    }),
    metadata: t.field({
      type: 'JSONObject',
      description: 'Keys of your own.',
      // Up to 16 KiB: a page of pages of them would be more than 100 MB.
      complexity: 50,
      resolve: (file) => wrapJson(file.metadata),
    }),
    keep: t.exposeBoolean('keep', {
      description: 'Never collected, whether a document holds it or not: a logo has no document.',
    }),
    refCount: t.exposeInt('refCount', { description: 'How many attachments hold it.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'When it may be collected. Null while anything holds or keeps it, and where nothing is collected.',
    }),
    url: t.field({
      type: 'URL',
      description:
        'Where the bytes are. Of a private file a signed URL: whoever has it may read the bytes for its time.',
      args: { download: t.arg.boolean(downloadArgument), expiresIn: t.arg.int(expiresInArgument) },
      resolve: addressOf,
    }),
  }),
});

const UpdateFileInput = builder.inputType('UpdateFileInput', {
  description: 'What shall be different. What is left out stays as it is.',
  fields: (t) => ({
    filename: t.string({ description: 'Another name; null takes the name away.' }),
    visibility: t.field({ type: VisibilityEnum, description: 'Who may read the bytes from now on.' }),
    metadata: t.field({
      type: 'JSONObject',
      description: 'Replaces all that was there, at most 16 KiB of JSON; null takes everything away.',
    }),
    keep: t.boolean({
      description: 'True: never collect it. False: collect it again once nothing holds it.',
    }),
  }),
});

const DeleteFileResult = builder.simpleObject('DeleteFileResult', {
  description: 'What came of deleting a file.',
  fields: (t) => ({
    fileId: t.id({ description: 'The ID that was asked for.' }),
    deleted: t.boolean({ description: 'False where there was no such file, as in a repeated request.' }),
  }),
});

builder.mutationFields((t) => ({
  updateFile: t.field({
    type: File,
    description: 'Changes what is known about a file; its bytes never change.',
    args: {
      id: t.arg.id({ required: true, description: 'The storage ID.' }),
      input: t.arg({ type: UpdateFileInput, required: true, description: 'What shall be different.' }),
    },
    resolve: (_root, { id, input }, { useCases, caller }) => useCases.updateFile(id, input, caller),
  }),
  revokeFileUrls: t.field({
    type: File,
    description:
      'Voids every signed URL of a file that was given so far; the file stays. URLs that are asked for from now on are good. What browsers have kept already they keep for its time.',
    args: { id: t.arg.id({ required: true, description: 'The storage ID.' }) },
    resolve: (_root, { id }, { useCases, caller }) => useCases.revokeFileUrls(id, caller),
  }),
  deleteFile: t.field({
    type: DeleteFileResult,
    description:
      'Deletes a file. While documents hold it the answer is `FILE_IN_USE`, which names up to ten of them. Files that nothing holds are collected without this.',
    args: {
      id: t.arg.id({ required: true, description: 'The storage ID.' }),
      force: t.arg.boolean({
        required: true,
        defaultValue: false,
        description: 'Delete it under the documents that hold it, and their attachments with it.',
      }),
    },
    resolve: (_root, { id, force }, { useCases, caller }) => useCases.deleteFile({ id, force }, caller),
  }),
}));
