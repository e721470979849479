/** `Document`: a document of the app's own, by what it holds. Whether it exists is the app's to know. */
import type { DocumentName } from '../../domain/model.ts';
import { builder } from '../builder.ts';
import {
  type Connection,
  connection,
  countDescription,
  pageComplexity,
  scanComplexity,
} from './connection.ts';
import { DocumentInput, fieldArgument } from './document-input.ts';
import { Document } from './refs.ts';

builder.node(Document, {
  description:
    'A document of yours, named by its collection and ID. Only what it holds is kept here; whether the document itself exists is yours to know.',
  id: {
    resolve: (document, _args, { useCases }) => useCases.documentNodeId(document),
    description: 'Unique over all collections.',
  },
  loadManyWithoutCache: (ids, { useCases, caller }) =>
    ids.map((id) => {
      const name = useCases.parseNodeId(id);
      return name?.type === 'Document' ? useCases.documentByName(name.document, caller) : null;
    }),
  fields: (t) => ({
    collection: t.exposeString('collection', { description: 'What kind of thing it is, such as `posts`.' }),
    documentId: t.exposeID('documentId', { description: 'Its ID among those.' }),
  }),
});

const DocumentConnection = builder.connectionObject<typeof Document, Connection<DocumentName, string>>(
  {
    type: Document,
    name: 'DocumentConnection',
    description: 'A page of documents.',
    fields: (t) => ({
      totalCount: t.field({
        type: 'SafeInt',
        description: countDescription,
        resolve: (page, _args, { useCases, caller }) => useCases.countDocuments(page.of, caller),
      }),
    }),
  },
  { name: 'DocumentEdge', description: 'A document and its place on the page.' },
);

builder.queryFields((t) => ({
  document: t.field({
    type: Document,
    description:
      'A document of yours, and what it holds. One that holds nothing is not known here, and just as good.',
    args: {
      collection: t.arg.string({ required: true, description: 'What kind of thing it is, such as `posts`.' }),
      documentId: t.arg.id({ required: true, description: 'Its ID among those.' }),
    },
    resolve: (_root, name, { useCases, caller }) => useCases.documentByName(name, caller),
  }),
  documents: t.connection(
    {
      type: Document,
      description:
        'The documents of a collection that hold anything, by ID. One of them that you do not know is what a crash left: let go of it by `detachDocument`.',
      args: {
        collection: t.arg.string({ required: true, description: 'What kind of thing, such as `posts`.' }),
      },
      complexity: (page) => ({ ...pageComplexity(page), field: scanComplexity }),
      resolve: async (_root, { collection, ...page }, { useCases, caller }) =>
        connection(await useCases.listDocuments(collection, page, caller), collection),
    },
    DocumentConnection,
  ),
}));

const DetachDocumentResult = builder.simpleObject('DetachDocumentResult', {
  description: 'What a document let go of.',
  fields: (t) => ({
    detached: t.int({ description: 'How many attachments this request ended.' }),
    fileIds: t.idList({ description: 'The files that they held, at most 100 of them.' }),
  }),
});

builder.mutationFields((t) => ({
  setDocumentFiles: t.field({
    type: Document,
    description:
      'Makes a field of a document hold exactly these files, in one transaction. Where one is missing nothing changes, and `fileIds` in the error names it.',
    args: {
      document: t.arg({ type: DocumentInput, required: true, description: 'The document.' }),
      field: t.arg.string(fieldArgument),
      fileIds: t.arg.idList({
        required: true,
        description: 'A set of at most 100 storage IDs; none lets go of all.',
      }),
    },
    resolve: (_root, input, { useCases, caller }) => useCases.setDocumentFiles(input, caller),
  }),
  detachDocument: t.field({
    type: DetachDocumentResult,
    description: 'The document is gone: lets go of all that it held, in every field.',
    args: { document: t.arg({ type: DocumentInput, required: true, description: 'The document.' }) },
    resolve: (_root, input, { useCases, caller }) => useCases.detachDocument(input, caller),
  }),
}));
