/** `Attachment`: a document's hold on a file, how it is made and ended, and the pages of holds on either side. */
import type { Attachment as AttachmentModel, PageArguments } from '../../domain/model.ts';
import type { AttachmentsOf } from '../../domain/use-cases.ts';
import { GridholdError } from '../../errors/gridhold-error.ts';
import { builder } from '../builder.ts';
import type { GraphqlContext } from '../context.ts';
import { type Connection, connection, countDescription, pageComplexity } from './connection.ts';
import { DocumentInput, fieldArgument } from './document-input.ts';
import { Attachment, Document, File } from './refs.ts';

builder.node(Attachment, {
  description: "A document's hold on a file, in one field of the document: what `refCount` counts.",
  id: {
    resolve: (attachment) => attachment.id,
    description: 'Made from the file, the document and the field.',
  },
  loadManyWithoutCache: (ids, { useCases, caller }) => useCases.attachmentsByIds(ids, caller),
  fields: (t) => ({
    file: t.loadable({
      type: File,
      description: 'The file that is held.',
      loaderOptions: { cache: false },
      async load(ids: string[], { useCases, caller }) {
        const files = await useCases.filesByIds(ids, caller);
        return files.map(
          (file) => file ?? new GridholdError('FILE_NOT_FOUND', 'The file has just been deleted'),
        );
      },
      resolve: (attachment) => attachment.fileId,
    }),
    document: t.field({
      type: Document,
      description: 'The document that holds it.',
      resolve: (attachment) => attachment.document,
    }),
    field: t.exposeString('field', { description: 'The field of the document that the file stands in.' }),
    attachedAt: t.expose('attachedAt', { type: 'DateTime', description: 'Since when.' }),
  }),
});

const AttachmentConnection = builder.connectionObject<
  typeof Attachment,
  Connection<AttachmentModel, AttachmentsOf>
>(
  {
    type: Attachment,
    name: 'AttachmentConnection',
    description: 'A page of attachments, oldest first.',
    fields: (t) => ({
      totalCount: t.loadable({
        type: 'SafeInt',
        description: countDescription,
        loaderOptions: { cache: false },
        load: (holders: AttachmentsOf[], { useCases, caller }) => useCases.countAttachments(holders, caller),
        resolve: (page) => page.of,
      }),
    }),
  },
  { name: 'AttachmentEdge', description: 'An attachment and its place on the page.' },
);

/** All pages that are asked for at one place of a query come of one call. */
async function loadPages(
  holders: AttachmentsOf[],
  { useCases, caller }: GraphqlContext,
  args: PageArguments,
): Promise<Connection<AttachmentModel, AttachmentsOf>[]> {
  const pages = await useCases.attachmentPages(holders, args, caller);
  return holders.map((holder, index) => {
    const page = pages[index];
    if (!page) throw new Error('There are fewer pages than holders');
    return connection(page, holder);
  });
}

builder.objectField(File, 'attachments', (t) =>
  t.loadable({
    type: AttachmentConnection,
    description: 'The documents that hold the file, and since when.',
    args: t.arg.connectionArgs(),
    complexity: pageComplexity,
    byPath: true,
    loaderOptions: { cache: false },
    load: loadPages,
    resolve: (file) => ({ fileId: file.id }),
  }),
);

builder.objectField(Document, 'attachments', (t) =>
  t.loadable({
    type: AttachmentConnection,
    description: 'What the document holds.',
    args: {
      ...t.arg.connectionArgs(),
      field: t.arg.string({ description: 'Only what it holds in this field.' }),
    },
    complexity: pageComplexity,
    byPath: true,
    loaderOptions: { cache: false },
    load: loadPages,
    resolve: (document, { field }) => ({ document, field: field ?? null }),
  }),
);

const DetachFileResult = builder.simpleObject('DetachFileResult', {
  description: 'What came of letting go of a file.',
  fields: (t) => ({
    detached: t.boolean({ description: 'False where the field did not hold it, as in a repeated request.' }),
    file: t.field({
      type: File,
      nullable: true,
      description: 'The file, with its new count; null where there is none.',
    }),
  }),
});

builder.mutationFields((t) => ({
  attachFile: t.field({
    type: Attachment,
    description:
      'Makes a document hold a file. Held files are never collected. Attaching the same again changes nothing.',
    args: {
      fileId: t.arg.id({ required: true, description: 'The storage ID.' }),
      document: t.arg({
        type: DocumentInput,
        required: true,
        description: 'The document that shall hold it.',
      }),
      field: t.arg.string(fieldArgument),
      replace: t.arg.boolean({
        required: true,
        defaultValue: false,
        description: 'Let go of all else that the field holds, in the same transaction.',
      }),
    },
    resolve: (_root, input, { useCases, caller }) => useCases.attachFile(input, caller),
  }),
  detachFile: t.field({
    type: DetachFileResult,
    description:
      'Makes a document let go of a file, in one field. A file that nothing holds any more is collected when its time is up.',
    args: {
      fileId: t.arg.id({ required: true, description: 'The storage ID.' }),
      document: t.arg({ type: DocumentInput, required: true, description: 'The document that holds it.' }),
      field: t.arg.string(fieldArgument),
    },
    resolve: (_root, input, { useCases, caller }) => useCases.detachFile(input, caller),
  }),
}));
