/** Voids every signed URL that was given for a file so far. One write; the file and its other ways stay. */
import { countUpUrlEpoch, findFile } from '../storage/files.ts';
import { transact } from '../storage/transaction.ts';
import { checkMay, ownersWithin } from './access.ts';
import type { DomainContext } from './context.ts';
import { fileNotFound } from './file-not-found.ts';
import { isFileId } from './ids.ts';
import type { Caller, StoredFile } from './model.ts';
import { toStoredFile } from './to-model.ts';

export async function revokeFileUrls(
  context: DomainContext,
  id: string,
  caller: Caller,
): Promise<StoredFile> {
  ownersWithin(caller, 'change');
  if (!isFileId(id)) throw fileNotFound([id]);
  const collectingSince = await context.collecting.read();
  const record = await transact(context.store, async (scope) => {
    checkMay(caller, 'change', id, await findFile(scope, id));
    return await countUpUrlEpoch(scope, id);
  });
  if (!record) throw fileNotFound([id]);
  return toStoredFile(context, record, collectingSince);
}
