/** Lists and counts files, by every order and filter of the contract. Clients' values stand in queries as literals. */
import { countFiles as countFileRecords, pageOfFiles } from '../storage/files.ts';
import type { FileRecord } from '../storage/records.ts';
import { ownersWithin } from './access.ts';
import { checkFilename, checkSha256 } from './check-input.ts';
import { parseContentTypePatterns } from './content-type.ts';
import type { DomainContext } from './context.ts';
import type {
  Caller,
  FileFilter,
  FileOrder,
  FileOrderField,
  Page,
  PageArguments,
  StoredFile,
} from './model.ts';
import { beyond, type CursorKey, cursorOf, isTimeInMs, pageOf, pageRequest, type SortKey } from './paging.ts';
import { toStoredFiles } from './to-model.ts';

interface OrderedBy {
  readonly field: 'uploadedAt' | 'size' | 'filename';
  toKey(record: FileRecord): string | number | null;
  isKey(part: unknown): part is string | number | null;
  fromKey(part: string | number | null): string | number | Date | null;
}

const orders: Readonly<Record<FileOrderField, OrderedBy>> = {
  UPLOADED_AT: {
    field: 'uploadedAt',
    toKey: (record) => record.uploadedAt.getTime(),
    isKey: isTimeInMs,
    fromKey: (part) => new Date(Number(part)),
  },
  SIZE: {
    field: 'size',
    toKey: (record) => record.size,
    isKey: (part): part is number => typeof part === 'number',
    fromKey: (part) => part,
  },
  FILENAME: {
    field: 'filename',
    toKey: (record) => record.filename,
    isKey: (part): part is string | null => part === null || typeof part === 'string',
    fromKey: (part) => part,
  },
};

export async function listFiles(
  context: DomainContext,
  args: PageArguments,
  filter: FileFilter | null | undefined,
  order: FileOrder | null | undefined,
  caller: Caller,
): Promise<Page<StoredFile>> {
  const within = conditionsWithin(caller);
  const orderField = order?.field ?? 'UPLOADED_AT';
  const direction = (order?.direction ?? 'DESC') === 'ASC' ? 1 : -1;
  const by = orders[orderField];
  const kind = `files:${orderField}:${direction}`;
  const isKey = ([value, id, ...rest]: CursorKey): boolean =>
    rest.length === 0 && typeof id === 'string' && value !== undefined && by.isKey(value);
  const request = pageRequest(args, kind, isKey);
  const sort: SortKey[] = [
    { field: by.field, direction },
    { field: '_id', direction },
  ];
  const keyIn = ([value = null, id = null]: CursorKey) => [by.fromKey(value), id];
  const conditions: Record<string, unknown>[] = [...within, filterOf(filter)];
  if (request.after) conditions.push(beyond(sort, keyIn(request.after), false));
  if (request.before) conditions.push(beyond(sort, keyIn(request.before), true));
  const reading = request.isBackward ? -direction : direction;
  const records = await pageOfFiles(
    context.store,
    allOf(conditions),
    { [by.field]: reading === 1 ? 1 : -1, _id: reading === 1 ? 1 : -1 },
    request.limit + 1,
  );
  const page = pageOf(request, records, (record) => cursorOf(kind, [by.toKey(record), record._id]));
  const files = await toStoredFiles(
    context,
    page.edges.map(({ node }) => node),
  );
  const cursorOfRecord = (index: number): string => page.edges[index]?.cursor ?? '';
  return { ...page, edges: files.map((node, index) => ({ cursor: cursorOfRecord(index), node })) };
}

export async function countFiles(
  context: DomainContext,
  filter: FileFilter | null | undefined,
  caller: Caller,
): Promise<number> {
  const condition = allOf([...conditionsWithin(caller), filterOf(filter)]);
  return await countFileRecords(context.store, condition);
}

/** A user lists its own. */
function conditionsWithin(caller: Caller): Record<string, unknown>[] {
  const owner = ownersWithin(caller, 'list');
  return owner === null ? [] : [{ owner: { $eq: owner } }];
}

function allOf(conditions: readonly Record<string, unknown>[]): Record<string, unknown> {
  const real = conditions.filter((condition) => Object.keys(condition).length > 0);
  const [only] = real;
  if (!only) return {};
  return real.length === 1 ? only : { $and: real };
}

function filterOf(filter: FileFilter | null | undefined): Record<string, unknown> {
  if (!filter) return {};
  const conditions: Record<string, unknown>[] = [];
  if (filter.contentType != null) conditions.push({ contentType: contentTypeCondition(filter.contentType) });
  // A part of a name is no longer than a name: MongoDB refuses long patterns.
  const part = checkFilename(filter.filename);
  if (part !== null) conditions.push({ filename: { $regex: literalPattern(part), $options: 'i' } });
  if (filter.owner != null) conditions.push({ owner: { $eq: filter.owner } });
  if (filter.visibility != null) conditions.push({ visibility: { $eq: filter.visibility } });
  if (filter.referenced != null) conditions.push({ refCount: filter.referenced ? { $gt: 0 } : { $eq: 0 } });
  if (filter.sha256 != null) conditions.push({ sha256: { $eq: checkSha256(filter.sha256) } });
  if (filter.uploadedAfter) conditions.push({ uploadedAt: { $gt: filter.uploadedAfter } });
  if (filter.uploadedBefore) conditions.push({ uploadedAt: { $lt: filter.uploadedBefore } });
  return allOf(conditions);
}

/** A stored type may have parameters: `text/plain` finds `text/plain;charset=utf-8`. */
function contentTypeCondition(pattern: string): object {
  const [asked = ''] = parseContentTypePatterns([pattern], 'contentType');
  if (asked === '*/*') return { $type: 'string' };
  return {
    $regex: asked.endsWith('/*')
      ? `^${literalPattern(asked.slice(0, -1))}`
      : `^${literalPattern(asked)}(;|$)`,
  };
}

/** Every character that PCRE could take for more than itself, as itself. */
function literalPattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|#\s-]/g, '\\$&').replaceAll('\0', '\\x00');
}
