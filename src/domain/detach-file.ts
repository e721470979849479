/** A document lets go of a file in one field. Repeating it changes nothing. */
import { deleteAttachments, findAttachment } from '../storage/attachments.ts';
import { countDownFiles, findFile } from '../storage/files.ts';
import { transact } from '../storage/transaction.ts';
import { checkMay, mayRead, ownersWithin } from './access.ts';
import { checkDocumentName, checkField } from './check-input.ts';
import type { DomainContext } from './context.ts';
import { isFileId } from './ids.ts';
import type { Caller, DocumentName, StoredFile } from './model.ts';
import { toStoredFile } from './to-model.ts';
import type { InTransaction } from './use-cases.ts';

export async function detachFile(
  context: DomainContext,
  input: {
    readonly fileId: string;
    readonly document: DocumentName;
    readonly field?: string | null | undefined;
  },
  caller: Caller,
  options: InTransaction = {},
): Promise<{ detached: boolean; file: StoredFile | null }> {
  ownersWithin(caller, 'hold');
  const { fileId } = input;
  const document = checkDocumentName(input.document);
  const field = checkField(input.field);
  if (!isFileId(fileId)) return { detached: false, file: null };
  // Before the write: in a caller's transaction nothing may fail after it.
  const collectingSince = await context.collecting.read();
  const { detached, record } = await transact(
    context.store,
    async (scope) => {
      const file = await findFile(scope, fileId);
      if (file && !mayRead(caller, file)) return { detached: false, record: null };
      if (file) checkMay(caller, 'hold', fileId, file);
      const held = await findAttachment(scope, { fileId, ...document, field });
      if (held) {
        await deleteAttachments(scope, [held]);
        await countDownFiles(scope, [fileId]);
      }
      return { detached: held !== null, record: await findFile(scope, fileId) };
    },
    options,
  );
  return { detached, file: record && toStoredFile(context, record, collectingSince) };
}
