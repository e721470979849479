/**
 * A document comes to hold a file. One transaction, in which the file is really written: one that only read it would
 * not conflict with a sweep, and both would commit. Repeating it changes nothing.
 */
import { findAttachment } from '../storage/attachments.ts';
import { findFile } from '../storage/files.ts';
import { transact } from '../storage/transaction.ts';
import { checkMay, ownersWithin } from './access.ts';
import { checkAttachTo } from './check-input.ts';
import type { DomainContext } from './context.ts';
import { checkRoomInField, holdsOfField, writeFieldChange } from './field-change.ts';
import { fileNotFound } from './file-not-found.ts';
import { isFileId } from './ids.ts';
import type { Attachment, AttachToInput, Caller } from './model.ts';
import { toAttachment } from './to-model.ts';
import type { InTransaction } from './use-cases.ts';

export async function attachFile(
  context: DomainContext,
  input: { readonly fileId: string } & AttachToInput,
  caller: Caller,
  options: InTransaction = {},
): Promise<Attachment> {
  const { fileId } = input;
  const onlyOwner = ownersWithin(caller, 'hold');
  const { document, field, replace } = checkAttachTo(input);
  if (!isFileId(fileId)) throw fileNotFound([fileId]);
  return await transact(
    context.store,
    async (scope) => {
      const { owner } = checkMay(caller, 'hold', fileId, await findFile(scope, fileId));
      const held = await findAttachment(scope, { fileId, ...document, field });
      const others = replace
        ? (await holdsOfField(scope, document, field, onlyOwner)).filter((hold) => hold.fileId !== fileId)
        : [];
      if (!held && !replace) await checkRoomInField(scope, document, field, onlyOwner);
      const [added] = await writeFieldChange(context, scope, {
        document,
        field,
        add: held ? [] : [{ fileId, owner }],
        stay: held ? [held] : [],
        remove: others,
        setsField: replace,
        onlyOwner,
      });
      const record = added ?? held;
      if (!record) throw new Error('A hold was neither found nor made');
      return toAttachment(record);
    },
    options,
  );
}
