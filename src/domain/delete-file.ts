/**
 * Deletes a file that nothing holds, or by force with all its holds. One transaction; clients lose the file at its
 * commit, its chunks go after the delay. Dies before the commit: nothing happened; after it: a sweep removes the rest.
 */
import { GridholdError } from '../errors/gridhold-error.ts';
import { countAttachments, deleteAttachmentsOfFile, findAttachments } from '../storage/attachments.ts';
import { deleteFileRecord, findFile } from '../storage/files.ts';
import { type Scope, transact } from '../storage/transaction.ts';
import { checkMay, may, mayRead, ownersWithin } from './access.ts';
import type { DomainContext } from './context.ts';
import { isFileId } from './ids.ts';
import type { Caller } from './model.ts';
import { releaseBlob } from './release-blob.ts';
import type { InTransaction } from './use-cases.ts';

const mostHolds = 100_000;
const mostHoldsInCallersTransaction = 10_000;
const mostNamedHolders = 10;

export async function deleteFile(
  context: DomainContext,
  input: {
    readonly id: string;
    readonly force?: boolean | null | undefined;
  },
  caller: Caller,
  options: InTransaction = {},
): Promise<{ fileId: string; deleted: boolean }> {
  ownersWithin(caller, 'change');
  const { id } = input;
  if (!isFileId(id)) return { fileId: id, deleted: false };
  const deleted = await transact(
    context.store,
    async (scope) => {
      const file = await findFile(scope, id);
      // As where there is none: whether there is one is not for this caller to know.
      if (!file || !mayRead(caller, file)) return null;
      checkMay(caller, 'change', id, file);
      const holds = await countAttachments(scope, { fileId: id }, mostHolds + 1);
      await refuseWhileHeld(scope, id, holds, {
        force: input.force ?? false,
        mayName: may(caller, 'list', file),
      });
      await deleteFileRecord(scope, id);
      if (holds > 0) await deleteAttachmentsOfFile(scope, id);
      await releaseBlob(scope, file.blobId, context.settings.chunkDelayMs);
      return { file, holds };
    },
    options,
  );
  if (deleted) {
    context.log.info(
      {
        event: 'file-deleted',
        fileId: id,
        why: input.force ? 'forced' : 'asked',
        by: caller.id,
        heldBy: deleted.holds,
        unreferencedSince: deleted.file.unreferencedSince ?? null,
        // In a caller's transaction it is so only once they commit.
        inCallersTransaction: options.session !== undefined,
      },
      'file deleted',
    );
  }
  return { fileId: id, deleted: deleted !== null };
}

async function refuseWhileHeld(
  scope: Scope,
  id: string,
  holds: number,
  { force, mayName }: { readonly force: boolean; readonly mayName: boolean },
): Promise<void> {
  if (holds === 0) return;
  const bound = scope.isCallers ? mostHoldsInCallersTransaction : mostHolds;
  if (force && holds <= bound) return;
  const options = { limit: mostNamedHolders, sort: { attachedAt: 1, _id: 1 } } as const;
  const records = mayName ? await findAttachments(scope, { fileId: id }, options) : [];
  const documents = records.map(({ collection, documentId, field }) => ({ collection, documentId, field }));
  const count = holds > mostHolds ? `more than ${mostHolds}` : String(holds);
  throw new GridholdError(
    'FILE_IN_USE',
    force
      ? `${count} documents' fields hold the file, more than can be deleted with it at once (${bound}); let documents go first`
      : `${count} ${holds === 1 ? "document's field holds" : "documents' fields hold"} the file; detach it first, or force`,
    { documents, refCount: holds },
  );
}
