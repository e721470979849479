/** A field of a document then holds exactly these files: one transaction, and one missing file changes nothing. */
import { badInput } from '../errors/gridhold-error.ts';
import { findFiles } from '../storage/files.ts';
import { transact } from '../storage/transaction.ts';
import { checkMay, mayRead, ownersWithin } from './access.ts';
import { checkDocumentName, checkField } from './check-input.ts';
import type { DomainContext } from './context.ts';
import { holdsOfField, writeFieldChange } from './field-change.ts';
import { fileNotFound } from './file-not-found.ts';
import { isFileId } from './ids.ts';
import type { Caller, DocumentName } from './model.ts';
import type { InTransaction } from './use-cases.ts';

const mostFileIds = 100;

export async function setDocumentFiles(
  context: DomainContext,
  input: {
    readonly document: DocumentName;
    readonly field?: string | null | undefined;
    readonly fileIds: readonly string[];
  },
  caller: Caller,
  options: InTransaction = {},
): Promise<DocumentName> {
  const onlyOwner = ownersWithin(caller, 'hold');
  const document = checkDocumentName(input.document);
  const field = checkField(input.field);
  // A set: repeats count once.
  const fileIds = new Set(input.fileIds);
  if (fileIds.size > mostFileIds) {
    throw badInput(`fileIds: must be at most ${mostFileIds}, not ${fileIds.size}`);
  }
  const malformed = [...fileIds].filter((id) => !isFileId(id));
  await transact(
    context.store,
    async (scope) => {
      const found = await findFiles(scope, [...fileIds]);
      const visible = new Set(found.filter((file) => mayRead(caller, file)).map(({ _id }) => _id));
      const missing = [...fileIds].filter((id) => malformed.includes(id) || !visible.has(id));
      if (missing.length > 0) throw fileNotFound(missing);
      for (const file of found) checkMay(caller, 'hold', file._id, file);
      const holds = await holdsOfField(scope, document, field, onlyOwner);
      const held = new Set(holds.map(({ fileId }) => fileId));
      await writeFieldChange(context, scope, {
        document,
        field,
        add: found.filter(({ _id }) => !held.has(_id)).map(({ _id, owner }) => ({ fileId: _id, owner })),
        stay: holds.filter(({ fileId }) => fileIds.has(fileId)),
        remove: holds.filter(({ fileId }) => !fileIds.has(fileId)),
        setsField: true,
        onlyOwner,
      });
    },
    options,
  );
  return document;
}
