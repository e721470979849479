/** How files are found: by ID, by many IDs, page by page. */

import { checkExpiresIn } from '../../domain/check-input.ts';
import type { FileFilter as Filter, StoredFile } from '../../domain/model.ts';
import { builder } from '../builder.ts';
import { checkIdCount, mostIds } from '../relay.ts';
import {
  type Connection,
  connection,
  countDescription,
  pageComplexity,
  scanComplexity,
} from './connection.ts';
import { VisibilityEnum } from './file.ts';
import { type AddressArguments, addressOf, downloadArgument, expiresInArgument } from './file-address.ts';
import { File } from './refs.ts';

const FileFilter = builder.inputType('FileFilter', {
  description: 'Which files. All that is given must hold.',
  fields: (t) => ({
    contentType: t.string({ description: '`image/png`, or `image/*` for all images.' }),
    filename: t.string({ description: 'A part of the name, whether upper or lower case.' }),
    owner: t.string({ description: 'Stored by this subject.' }),
    visibility: t.field({ type: VisibilityEnum, description: 'Only public, or only private files.' }),
    referenced: t.boolean({ description: 'True: held by a document. False: held by none.' }),
    sha256: t.string({ description: 'With exactly these bytes: the SHA-256 in hex.' }),
    uploadedAfter: t.field({ type: 'DateTime', description: 'Stored later than this.' }),
    uploadedBefore: t.field({ type: 'DateTime', description: 'Stored earlier than this.' }),
  }),
});

const FileOrderField = builder.enumType('FileOrderField', {
  description: 'What files can be ordered by.',
  values: {
    UPLOADED_AT: { description: 'When they were stored.' },
    SIZE: { description: 'How many bytes they have.' },
    FILENAME: { description: 'Their names; files without one come first ascending, and last descending.' },
  } as const,
});

const OrderDirection = builder.enumType('OrderDirection', {
  description: 'Which end comes first.',
  values: {
    ASC: { description: 'The smallest, the oldest, or A first.' },
    DESC: { description: 'The largest, the newest, or Z first.' },
  } as const,
});

const FileOrder = builder.inputType('FileOrder', {
  description: 'In which order files come.',
  fields: (t) => ({
    field: t.field({ type: FileOrderField, required: true, description: 'What to order by.' }),
    direction: t.field({ type: OrderDirection, required: true, description: 'Which end comes first.' }),
  }),
});

const FileConnection = builder.connectionObject<typeof File, Connection<StoredFile, Filter | null>>(
  {
    type: File,
    name: 'FileConnection',
    description: 'A page of files.',
    fields: (t) => ({
      totalCount: t.field({
        type: 'SafeInt',
        description: countDescription,
        resolve: (page, _args, { useCases, caller }) => useCases.countFiles(page.of, caller),
      }),
    }),
  },
  { name: 'FileEdge', description: 'A file and its place on the page.' },
);

builder.queryFields((t) => ({
  file: t.loadable({
    type: File,
    nullable: true,
    description: 'A file by its storage ID; null where there is none.',
    args: { id: t.arg.id({ required: true, description: 'The storage ID, `file_…`.' }) },
    loaderOptions: { cache: false },
    load: (ids: string[], { useCases, caller }) => useCases.filesByIds(ids, caller),
    resolve: (_root, { id }) => id,
  }),
  filesByIds: t.field({
    type: [File],
    nullable: { list: false, items: true },
    description: 'Many files by their storage IDs, in the order asked; null where there is none.',
    args: { ids: t.arg.idList({ required: true, description: `At most ${mostIds}.` }) },
    complexity: ({ ids }) => ({ field: 1, multiplier: Math.min(ids.length, mostIds) }),
    resolve(_root, { ids }, { useCases, caller }) {
      checkIdCount(ids);
      return useCases.filesByIds(ids, caller);
    },
  }),
  files: t.connection(
    {
      type: File,
      description: 'All files, page by page, newest first.',
      args: {
        filter: t.arg({ type: FileFilter, description: 'Only some of them.' }),
        orderBy: t.arg({ type: FileOrder, description: 'Another order.' }),
      },
      complexity: (page) => ({ ...pageComplexity(page), field: scanComplexity }),
      resolve: async (_root, { filter, orderBy, ...page }, { useCases, caller }) =>
        connection(await useCases.listFiles(page, filter, orderBy, caller), filter ?? null),
    },
    FileConnection,
  ),
  fileUrl: t.loadable({
    type: 'URL',
    nullable: true,
    description: 'Where the bytes of a file are; null where there is no such file.',
    args: {
      id: t.arg.id({ required: true, description: 'The storage ID, `file_…`.' }),
      download: t.arg.boolean(downloadArgument),
      expiresIn: t.arg.int(expiresInArgument),
    },
    loaderOptions: { cache: false },
    async load(asked: ({ readonly id: string } & AddressArguments)[], context) {
      const ids = asked.map(({ id }) => id);
      const files = await context.useCases.filesByIds(ids, context.caller);
      return asked.map((args, index) => {
        const file = files[index];
        return file ? addressOf(file, args, context) : null;
      });
    },
    resolve(_root, args) {
      // Also where there is no file.
      checkExpiresIn(args.expiresIn, 1);
      return args;
    },
  }),
}));
