/** Changes what may be changed of a file: never its bytes. Absent is unchanged; null clears filename and metadata. */
import { badInput } from '../errors/gridhold-error.ts';
import { changeFile, type FileChanges, findFile } from '../storage/files.ts';
import { transact } from '../storage/transaction.ts';
import { checkMay, ownersWithin } from './access.ts';
import { checkFilename, checkKeep, checkMetadata, checkVisibility } from './check-input.ts';
import type { DomainContext } from './context.ts';
import { fileNotFound } from './file-not-found.ts';
import { isFileId } from './ids.ts';
import type { Caller, StoredFile, UpdateFileInput } from './model.ts';
import { toStoredFile } from './to-model.ts';

export async function updateFile(
  context: DomainContext,
  id: string,
  input: UpdateFileInput,
  caller: Caller,
): Promise<StoredFile> {
  ownersWithin(caller, 'change');
  const changes = checkChanges(input);
  if (!isFileId(id)) throw fileNotFound([id]);
  if (changes.metadata !== undefined)
    await context.space.check(Buffer.byteLength(JSON.stringify(changes.metadata)));
  const collectingSince = await context.collecting.read();
  const record = await transact(context.store, async (scope) => {
    const before = checkMay(caller, 'change', id, await findFile(scope, id));
    if (Object.keys(changes).length === 0) return before;
    await changeFile(scope, before, changes);
    return await findFile(scope, id);
  });
  if (!record) throw fileNotFound([id]);
  return toStoredFile(context, record, collectingSince);
}

function checkChanges(input: UpdateFileInput): FileChanges {
  if (input.visibility === null)
    throw badInput('visibility: null is not a visibility; leave it out to keep it');
  if (input.keep === null) throw badInput('keep: null is neither true nor false; leave it out to keep it');
  const visibility = checkVisibility(input.visibility);
  const keep = checkKeep(input.keep);
  return {
    ...(input.filename === undefined ? {} : { filename: checkFilename(input.filename) }),
    ...(input.metadata === undefined ? {} : { metadata: checkMetadata(input.metadata) }),
    ...(visibility === null ? {} : { visibility }),
    ...(keep === null ? {} : { keep }),
  };
}
