/** The documents of a collection that hold anything, by ID. Whether they exist is the app's to know. */
import { countDistinctDocuments, documentIdsFrom } from '../storage/attachment-lists.ts';
import { ownersWithin } from './access.ts';
import { checkCollection, checkDocumentName } from './check-input.ts';
import type { DomainContext } from './context.ts';
import type { Caller, DocumentName, Page, PageArguments } from './model.ts';
import { type CursorKey, cursorOf, pageOf, pageRequest } from './paging.ts';

const kind = 'documents';

export async function listDocuments(
  context: DomainContext,
  collection: string,
  args: PageArguments,
  caller: Caller,
): Promise<Page<DocumentName>> {
  const onlyOwner = ownersWithin(caller, 'list');
  checkCollection(collection);
  const request = pageRequest(
    args,
    kind,
    ([id, ...rest]: CursorKey) => rest.length === 0 && typeof id === 'string',
  );
  const found = await documentIdsFrom(context.store, collection, {
    after: keyText(request.after),
    before: keyText(request.before),
    isBackward: request.isBackward,
    limit: request.limit + 1,
    onlyOwner,
  });
  const documents = found.map((documentId) => ({ collection, documentId }));
  return pageOf(request, documents, ({ documentId }) => cursorOf(kind, [documentId]));
}

export async function countDocuments(
  context: DomainContext,
  collection: string,
  caller: Caller,
): Promise<number> {
  const onlyOwner = ownersWithin(caller, 'list');
  checkCollection(collection);
  return await countDistinctDocuments(context.store, collection, onlyOwner);
}

function keyText(key: CursorKey | null): string | null {
  const [text] = key ?? [];
  return typeof text === 'string' ? text : null;
}

/** A document by its name: whether it holds anything, or exists, is not asked. @throws BAD_USER_INPUT */
export function documentByName(document: DocumentName, caller: Caller): DocumentName {
  ownersWithin(caller, 'list');
  return checkDocumentName(document);
}
