/** Pages of attachments, for many files or documents at once: what a list would otherwise ask for one by one. Oldest first. */
import { countAttachmentsOfEach, firstAttachmentsOfEach } from '../storage/attachment-lists.ts';
import { attachmentPageKey, findAttachmentsByKeys } from '../storage/attachments.ts';
import { findFiles } from '../storage/files.ts';
import type { AttachmentRecord } from '../storage/records.ts';
import { may, ownersWithin } from './access.ts';
import { checkDocumentName, checkField } from './check-input.ts';
import type { DomainContext } from './context.ts';
import { isFileId, parseAttachmentId } from './ids.ts';
import type { Attachment, Caller, Page, PageArguments } from './model.ts';
import { beyond, type CursorKey, cursorOf, isTimeInMs, pageOf, pageRequest, type SortKey } from './paging.ts';
import { toAttachment } from './to-model.ts';
import type { AttachmentsOf } from './use-cases.ts';

const kind = 'attachments';
const sort: readonly SortKey[] = [
  { field: 'attachedAt', direction: 1 },
  { field: '_id', direction: 1 },
];
/** Pipelines in one command: MongoDB allows 1,000 stages in all, and each has five, or eight that look at owners. */
const mostHoldersPerCommand = 100;
const mostHoldersPerCommandWithOwners = 50;

type Filter = Record<string, unknown>;

export async function attachmentPages(
  context: DomainContext,
  holders: readonly AttachmentsOf[],
  args: PageArguments,
  caller: Caller,
): Promise<readonly Page<Attachment>[]> {
  const onlyOwner = ownersWithin(caller, 'list');
  const request = pageRequest(args, kind, isAttachmentKey);
  const bounds: Filter[] = [];
  if (request.after) bounds.push(beyond(sort, keyIn(request.after), false));
  if (request.before) bounds.push(beyond(sort, keyIn(request.before), true));
  const filters = holders.map((holder) => {
    const of = holderFilter(holder);
    return bounds.length === 0 ? of : { $and: [of, ...bounds] };
  });
  const direction = request.isBackward ? -1 : 1;
  const read: AttachmentRecord[][] = [];
  const step = holdersPerCommand(onlyOwner);
  for (let start = 0; start < filters.length; start += step) {
    const some = filters.slice(start, start + step);
    const order = { attachedAt: direction, _id: direction } as const;
    read.push(...(await firstAttachmentsOfEach(context.store, some, order, request.limit + 1, onlyOwner)));
  }
  const pages = read.map((records) =>
    pageOf(request, records, (record) =>
      cursorOf(kind, [record.attachedAt.getTime(), record._id.toHexString()]),
    ),
  );
  const existing = await existingFiles(context, holders, read);
  return pages.map((page) => ({
    ...page,
    edges: page.edges
      .filter(({ node }) => existing === null || existing.has(node.fileId))
      .map(({ cursor, node }) => ({ cursor, node: toAttachment(node) })),
  }));
}

/** A document's attachment whose file has just gone is left out. A file's own holders need no such look. */
async function existingFiles(
  context: DomainContext,
  holders: readonly AttachmentsOf[],
  read: readonly (readonly AttachmentRecord[])[],
): Promise<Set<string> | null> {
  if (holders.every((holder) => 'fileId' in holder)) return null;
  const ids = new Set(read.flat().map(({ fileId }) => fileId));
  return new Set((await findFiles(context.store, [...ids])).map(({ _id }) => _id));
}

export async function countAttachments(
  context: DomainContext,
  holders: readonly AttachmentsOf[],
  caller: Caller,
): Promise<readonly number[]> {
  const onlyOwner = ownersWithin(caller, 'list');
  const counts: number[] = [];
  const step = holdersPerCommand(onlyOwner);
  for (let start = 0; start < holders.length; start += step) {
    const some = holders.slice(start, start + step).map(holderFilter);
    counts.push(...(await countAttachmentsOfEach(context.store, some, onlyOwner)));
  }
  return counts;
}

export async function attachmentsByIds(
  context: DomainContext,
  ids: readonly string[],
  caller: Caller,
): Promise<readonly (Attachment | null)[]> {
  const keys = ids.map(parseAttachmentId).filter((key) => key !== null);
  const records = await findAttachmentsByKeys(context.store, keys);
  const files = await findFiles(context.store, [...new Set(records.map(({ fileId }) => fileId))]);
  const visible = new Set(files.filter((file) => may(caller, 'list', file)).map(({ _id }) => _id));
  const found = records.filter(({ fileId }) => visible.has(fileId)).map(toAttachment);
  const byId = new Map(found.map((attachment) => [attachment.id, attachment]));
  return ids.map((id) => byId.get(id) ?? null);
}

function holdersPerCommand(onlyOwner: string | null): number {
  return onlyOwner === null ? mostHoldersPerCommand : mostHoldersPerCommandWithOwners;
}

function holderFilter(holder: AttachmentsOf): Filter {
  if ('fileId' in holder) return { fileId: isFileId(holder.fileId) ? holder.fileId : '' };
  const document = checkDocumentName(holder.document);
  return holder.field === null ? { ...document } : { ...document, field: checkField(holder.field) };
}

function isAttachmentKey([time, id, ...rest]: CursorKey): boolean {
  return rest.length === 0 && isTimeInMs(time) && typeof id === 'string' && /^[0-9a-f]{24}$/.test(id);
}

function keyIn([time, id]: CursorKey): ReturnType<typeof attachmentPageKey> {
  return attachmentPageKey(Number(time), String(id));
}
