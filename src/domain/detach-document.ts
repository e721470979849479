/**
 * The document is gone: lets go of all that it held. One transaction up to 10,000 holds; above, one after another, and
 * it returns when nothing is held. Dies in between: what is left is let go by repeating it.
 */
import { badInput } from '../errors/gridhold-error.ts';
import {
  deleteAttachments,
  findAttachments,
  lockDocument,
  perhapsOnFilesOf,
} from '../storage/attachments.ts';
import { countDownFiles } from '../storage/files.ts';
import type { AttachmentRecord } from '../storage/records.ts';
import { type Scope, transact } from '../storage/transaction.ts';
import { ownersWithin } from './access.ts';
import { checkDocumentName } from './check-input.ts';
import type { DomainContext } from './context.ts';
import { holdsOnFilesOf } from './field-change.ts';
import type { Caller, DocumentName } from './model.ts';
import type { InTransaction } from './use-cases.ts';

const mostHoldsPerTransaction = 10_000;
const mostNamedFiles = 100;

export async function detachDocument(
  context: DomainContext,
  input: { readonly document: DocumentName },
  caller: Caller,
  options: InTransaction = {},
): Promise<{ detached: number; fileIds: readonly string[] }> {
  const onlyOwner = ownersWithin(caller, 'hold');
  const document = checkDocumentName(input.document);
  let detached = 0;
  const fileIds = new Set<string>();
  let after: AttachmentRecord | null = null;
  // Bounded by what the document holds when the last round begins; only attachers faster than 10,000 holds a round could
  // prolong it.
  for (;;) {
    const round: Round = await transact(
      context.store,
      (scope) => letGo(scope, document, onlyOwner, after),
      options,
    );
    detached += round.holds.length;
    for (const { fileId } of round.holds) if (fileIds.size < mostNamedFiles) fileIds.add(fileId);
    after = round.last;
    if (!after) return { detached, fileIds: [...fileIds] };
  }
}

interface Round {
  readonly holds: readonly AttachmentRecord[];
  /** Where the next round goes on; null: there is none. */
  readonly last: AttachmentRecord | null;
}

/** Oldest first. Holds on files of others than `onlyOwner` stay, and are passed over. */
async function letGo(
  scope: Scope,
  document: DocumentName,
  onlyOwner: string | null,
  after: AttachmentRecord | null,
): Promise<Round> {
  const beyond = after && {
    $or: [
      { attachedAt: { $gt: after.attachedAt } },
      { attachedAt: after.attachedAt, _id: { $gt: after._id } },
    ],
  };
  const found = await findAttachments(
    scope,
    { ...document, ...perhapsOnFilesOf(onlyOwner), ...beyond },
    { limit: mostHoldsPerTransaction + 1, sort: { attachedAt: 1, _id: 1 } },
  );
  const more = found.length > mostHoldsPerTransaction;
  if (more && scope.isCallers) {
    throw badInput(
      `document: it holds more than ${mostHoldsPerTransaction} files, too many for your transaction; let it go without a session`,
    );
  }
  const considered = found.slice(0, mostHoldsPerTransaction);
  const holds = await holdsOnFilesOf(scope, considered, onlyOwner);
  // One that held nothing is left without a trace: it would count as a sign that somebody attaches here.
  if (holds.length > 0) await lockDocument(scope, document, onlyOwner);
  await deleteAttachments(scope, holds);
  for (const [count, ids] of filesByHolds(holds)) await countDownFiles(scope, ids, count);
  return { holds, last: more ? (considered.at(-1) ?? null) : null };
}

/** A document may hold one file in several fields: files grouped by how many holds they lose. */
function filesByHolds(holds: readonly AttachmentRecord[]): Map<number, string[]> {
  const holdsOfFile = new Map<string, number>();
  for (const { fileId } of holds) holdsOfFile.set(fileId, (holdsOfFile.get(fileId) ?? 0) + 1);
  const groups = new Map<number, string[]>();
  for (const [fileId, count] of [...holdsOfFile].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const group = groups.get(count);
    if (group) group.push(fileId);
    else groups.set(count, [fileId]);
  }
  return groups;
}
