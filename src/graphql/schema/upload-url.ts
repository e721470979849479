/** `UploadUrl`: a temporary address that takes the bytes of one file. Taking them is left to HTTP. */
import { longestUrlLifeSeconds } from '../../config/bounds.ts';
import { uploadAddress } from '../../domain/urls.ts';
import { builder } from '../builder.ts';
import { fileFields } from './file-fields.ts';
import { File, UploadUrl } from './refs.ts';

const UploadStatus = builder.enumType('UploadStatus', {
  description: 'How far an upload URL is.',
  values: {
    WAITING: { description: 'For its bytes.' },
    RECEIVING: { description: 'Bytes are coming in.' },
    STORED: { description: 'The file is stored.' },
    EXPIRED: { description: 'Too late: make another.' },
  } as const,
});

builder.node(UploadUrl, {
  description:
    'A temporary address that takes the bytes of one file: `PUT` or `POST` them there, raw or as a form. Whoever has it may send.',
  id: { resolve: (uploadUrl) => uploadUrl.id, description: 'The ID of the upload, `upload_…`.' },
  loadManyWithoutCache: (ids, { useCases, caller }) => useCases.uploadUrlsByIds(ids, caller),
  fields: (t) => ({
    url: t.field({
      type: 'URL',
      description: 'Where the bytes go: `curl -T photo.jpg URL`.',
      resolve: (uploadUrl, _args, { baseUrl }) => uploadAddress(uploadUrl, baseUrl),
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'Until when an upload may begin. One that has begun may finish.',
    }),
    status: t.field({
      type: UploadStatus,
      description: 'How far it is.',
      resolve: (uploadUrl) => uploadUrl.status,
    }),
    error: t.exposeString('error', {
      nullable: true,
      description: 'The code of the last attempt that failed. The URL stays usable.',
    }),
    maxSize: t.expose('maxSize', { type: 'SafeInt', description: 'How many bytes may come.' }),
    contentTypes: t.field({
      type: ['String'],
      description: 'What may come, such as `image/*`. Empty: anything.',
      resolve: (uploadUrl) => uploadUrl.contentTypes,
    }),
    receivedBytes: t.expose('receivedBytes', {
      type: 'SafeInt',
      description: 'How much of the running attempt is here; the whole size once it is stored.',
    }),
    file: t.loadable({
      type: File,
      nullable: true,
      description: 'The file, once it is stored and while it exists.',
      loaderOptions: { cache: false },
      load: (ids: string[], { useCases, caller }) => useCases.filesByIds(ids, caller),
      resolve: (uploadUrl) => uploadUrl.fileId,
    }),
  }),
});

const GenerateUploadUrlInput = builder.inputType('GenerateUploadUrlInput', {
  description: 'What may come, and what the stored file shall be.',
  fields: (t) => ({
    ...fileFields(t),
    expiresIn: t.int({
      description: `Seconds that the URL is good for: 1 to ${longestUrlLifeSeconds} (7 days).`,
    }),
  }),
});

builder.queryField('uploadUrl', (t) =>
  t.loadable({
    type: UploadUrl,
    nullable: true,
    description: 'An upload URL by its ID, to see how far it is; null where there is none.',
    args: { id: t.arg.id({ required: true, description: 'The ID of the upload, `upload_…`.' }) },
    loaderOptions: { cache: false },
    load: (ids: string[], { useCases, caller }) => useCases.uploadUrlsByIds(ids, caller),
    resolve: (_root, { id }) => id,
  }),
);

builder.mutationField('generateUploadUrl', (t) =>
  t.field({
    type: UploadUrl,
    description:
      'Makes an address that takes the bytes of one file, once. Nothing needs to be said about the file.',
    args: {
      input: t.arg({
        type: GenerateUploadUrlInput,
        description: 'What may come, and what the file shall be.',
      }),
    },
    resolve: (_root, { input }, { useCases, caller }) => useCases.generateUploadUrl(input ?? {}, caller),
  }),
);
