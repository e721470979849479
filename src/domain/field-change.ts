/**
 * What one field of a document comes to hold: planned from what was read, then written. Everything that may refuse is
 * in the plan; a caller who catches its refusal and commits has committed nothing of ours.
 */

import { badInput } from '../errors/gridhold-error.ts';
import {
  type AttachmentKey,
  confirmAttachment,
  countAttachments,
  deleteAttachments,
  findAttachments,
  insertAttachment,
  lockDocument,
  perhapsOnFilesOf,
} from '../storage/attachments.ts';
import { countDownFiles, countUpFiles, findFiles } from '../storage/files.ts';
import type { AttachmentRecord } from '../storage/records.ts';
import type { Scope } from '../storage/transaction.ts';
import type { DomainContext } from './context.ts';
import type { DocumentName } from './model.ts';

export interface FieldChange {
  readonly document: DocumentName;
  readonly field: string;
  /** Files that it does not hold yet. */
  readonly add: readonly NewHold[];
  /** Holds that stay. */
  readonly stay: readonly AttachmentRecord[];
  /** Holds that end. */
  readonly remove: readonly AttachmentRecord[];
  /** Whether the whole field is set: two of those that change it must conflict. */
  readonly setsField: boolean;
  /** Whose holds alone it may end; null: anybody's. */
  readonly onlyOwner: string | null;
}

export interface NewHold {
  readonly fileId: string;
  /** The file's. */
  readonly owner: string | null;
}

const mostHoldsOfField = 10_000;
/** A field that one user has filled must stay changeable for others. */
const mostHoldsOfUser = 1_000;

/** @param onlyOwner holds on files of this owner only; null: on anybody's */
export async function holdsOfField(
  scope: Scope,
  document: DocumentName,
  field: string,
  onlyOwner: string | null,
): Promise<readonly AttachmentRecord[]> {
  const holds = await findAttachments(
    scope,
    { ...document, field, ...perhapsOnFilesOf(onlyOwner) },
    { limit: mostHoldsOfField + 1 },
  );
  if (holds.length > mostHoldsOfField) {
    throw badInput(`field: it holds more than ${mostHoldsOfField} files; let the document go first`);
  }
  return await holdsOnFilesOf(scope, holds, onlyOwner);
}

/** Before a hold is added to a field beside others. @throws BAD_USER_INPUT where a user holds too much there */
export async function checkRoomInField(
  scope: Scope,
  document: DocumentName,
  field: string,
  onlyOwner: string | null,
): Promise<void> {
  if (onlyOwner === null) return;
  const filter = { ...document, field, ...perhapsOnFilesOf(onlyOwner) };
  if ((await countAttachments(scope, filter, mostHoldsOfUser)) < mostHoldsOfUser) return;
  throw badInput(`field: it holds ${mostHoldsOfUser} of your files, as many as a user may have in one`);
}

/** What a user does with a document touches no hold on somebody else's file. */
export async function holdsOnFilesOf(
  scope: Scope,
  holds: readonly AttachmentRecord[],
  owner: string | null,
): Promise<readonly AttachmentRecord[]> {
  if (owner === null || holds.length === 0) return holds;
  const files = await findFiles(scope, [...new Set(holds.map(({ fileId }) => fileId))]);
  const own = new Set(files.filter((file) => file.owner === owner).map(({ _id }) => _id));
  return holds.filter(({ fileId }) => own.has(fileId));
}

/** @returns the new holds */
export async function writeFieldChange(
  context: DomainContext,
  scope: Scope,
  change: FieldChange,
): Promise<AttachmentRecord[]> {
  const { document, field } = change;
  // Where nothing changes there is nothing to conflict about, and no trace that anybody attaches here.
  const changes = change.add.length + change.remove.length > 0;
  if (change.setsField && changes) await lockDocument(scope, document, change.onlyOwner);
  // One order for all, so that two changes of the same files meet at the first of them.
  const added = [...change.add].sort((one, other) => (one.fileId < other.fileId ? -1 : 1));
  const removed = change.remove.map(({ fileId }) => fileId).sort();
  if (added.length > 0) {
    await countUpFiles(
      scope,
      added.map(({ fileId }) => fileId),
    );
    await context.collecting.begin(scope);
  }
  const records: AttachmentRecord[] = [];
  for (const { fileId, owner } of added) {
    const key: AttachmentKey = { fileId, ...document, field };
    records.push(await insertAttachment(scope, key, owner));
  }
  if (removed.length > 0) {
    await deleteAttachments(scope, change.remove);
    await countDownFiles(scope, removed);
  }
  if (scope.isCallers) for (const record of change.stay) await confirmAttachment(scope, record);
  return records;
}
