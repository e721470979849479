/**
 * Walks over a collection by an index, in pages of bounded size, whatever types its keys have: bounds are given to the
 * index itself (`min`, `max`), since a comparison in a filter sees keys of one type only. A range begins with `from`
 * and ends before `to`; what is beyond a page's bound begins with `next`.
 */
import { type Collection, type Document, MaxKey, MinKey } from 'mongodb';
import { inSession, type Scope } from '../transaction.ts';
import { type RecordKey, recordKey } from './record-keys.ts';

/** Milliseconds that MongoDB may work on one command of a scan. */
export const scanTimeMs = 60_000;

/** Null: from the beginning, to the end. */
export interface KeyRange {
  readonly from: RecordKey | null;
  readonly to: RecordKey | null;
}

export interface Rows<Row> {
  readonly rows: readonly Row[];
  /** Where the rest of the range begins; null: there is no more. */
  readonly next: RecordKey | null;
}

export interface KeyRun {
  readonly key: RecordKey;
  readonly count: number;
}

export const lowest: unknown = new MinKey();
export const highest: unknown = new MaxKey();

/** Rows between two entries of an index: `min` is in, `max` is not. */
export function findBetween<Record extends Document>(
  scope: Scope,
  collection: Collection<Record>,
  index: readonly string[],
  bounds: { readonly min: readonly unknown[] | null; readonly max: readonly unknown[] | null },
  options: {
    readonly limit: number;
    readonly skip?: number;
    readonly projection?: Document;
    /** The entries themselves, instead of their records. */
    readonly returnKey?: boolean;
  },
) {
  const entry = (values: readonly unknown[]): Document =>
    Object.fromEntries(index.map((field, place) => [field, place < values.length ? values[place] : lowest]));
  const order = Object.fromEntries(index.map((field) => [field, 1 as const]));
  return collection.find<Document>(
    {},
    {
      hint: order,
      sort: order,
      ...(bounds.min ? { min: entry(bounds.min) } : {}),
      ...(bounds.max ? { max: entry(bounds.max) } : {}),
      ...options,
      batchSize: options.limit + 1,
      maxTimeMS: scanTimeMs,
      // A number of 64 bits must come back as it was, or the walk could stand still.
      promoteLongs: false,
      ...inSession(scope),
    },
  );
}

/** The records of a range, by an index whose first field is unique. */
export async function recordsIn<Record extends Document>(
  scope: Scope,
  collection: Collection<Record>,
  range: KeyRange,
  options: { readonly limit: number; readonly projection: Document },
): Promise<Rows<Document>> {
  const rows = await findBetween(scope, collection, ['_id'], boundsOf(range), {
    ...options,
    limit: options.limit + 1,
  }).toArray();
  const beyond = rows.length > options.limit ? rows.pop() : undefined;
  return { rows, next: beyond ? recordKey(beyond['_id']) : null };
}

export function boundsOf({ from, to }: KeyRange): { min: unknown[] | null; max: unknown[] | null } {
  return { min: from && [from.value], max: to && [to.value] };
}

/**
 * How many records have each key, read off the index alone. A key that fills the page is counted by one command.
 * @param index its first field is the key
 */
export async function runsIn<Record extends Document>(
  scope: Scope,
  collection: Collection<Record>,
  index: readonly string[],
  range: KeyRange,
  limit: number,
): Promise<Rows<KeyRun>> {
  const [field = '_id'] = index;
  const projection = { _id: 0, [field]: 1 };
  const rows = await findBetween(scope, collection, index, boundsOf(range), {
    limit: limit + 1,
    projection,
  }).toArray();
  const runs = runsOf(rows.map((row) => recordKey(row[field])));
  if (rows.length <= limit) return { rows: runs, next: null };
  const cut = runs.pop();
  if (!cut) return { rows: runs, next: null };
  if (runs.length > 0)
    return { rows: runs, next: await pageEnd(scope, collection, index, range, cut.key, limit) };
  const count = await countOf(scope, collection, index, cut.key);
  return {
    rows: [{ key: cut.key, count }],
    next: await keyBeyond(scope, collection, index, range, cut.key, limit),
  };
}

/** Where the page after so many records begins. @param key of the first record that is not on this one */
export async function pageEnd<Record extends Document>(
  scope: Scope,
  collection: Collection<Record>,
  index: readonly string[],
  range: KeyRange,
  key: RecordKey,
  records: number,
): Promise<RecordKey | null> {
  if (!Array.isArray(key.value)) return key;
  // A list has an entry for each of its items, and none of its own: it is no place in the index.
  const entry = await entryAfter(scope, collection, index, range, records);
  if (!entry || entry.text !== range.from?.text) return entry;
  // More lists than a page has share an item: those that are left are passed over.
  const sharing = await countOf(scope, collection, index, entry);
  return await entryAfter(scope, collection, index, { from: entry, to: range.to }, sharing);
}

/** The same where all records of the page, and perhaps others, have one key. */
export async function keyBeyond<Record extends Document>(
  scope: Scope,
  collection: Collection<Record>,
  index: readonly string[],
  range: KeyRange,
  key: RecordKey,
  records: number,
): Promise<RecordKey | null> {
  return Array.isArray(key.value)
    ? await pageEnd(scope, collection, index, range, key, records)
    : await nextKey(scope, collection, index, key, range.to);
}

async function entryAfter<Record extends Document>(
  scope: Scope,
  collection: Collection<Record>,
  index: readonly string[],
  range: KeyRange,
  records: number,
): Promise<RecordKey | null> {
  const options = { limit: 1, skip: records, returnKey: true };
  const [entry] = await findBetween(scope, collection, index, boundsOf(range), options).toArray();
  return entry ? recordKey(entry[index[0] ?? '_id']) : null;
}

function runsOf(keys: readonly RecordKey[]): KeyRun[] {
  const runs: { key: RecordKey; count: number }[] = [];
  for (const key of keys) {
    const last = runs.at(-1);
    if (last?.key.text === key.text) last.count += 1;
    else runs.push({ key, count: 1 });
  }
  return runs;
}

/** How many records have this key. */
export async function countOf<Record extends Document>(
  scope: Scope,
  collection: Collection<Record>,
  index: readonly string[],
  key: RecordKey,
): Promise<number> {
  const [field = '_id'] = index;
  const [row] = await collection
    .aggregate<{ count: number }>([{ $match: { [field]: { $eq: key.value } } }, { $count: 'count' }], {
      hint: Object.fromEntries(index.map((name) => [name, 1])),
      maxTimeMS: scanTimeMs,
      ...inSession(scope),
    })
    .toArray();
  return row?.count ?? 0;
}

/** The first key after this one, of any type; null: there is none before the end of the range. */
async function nextKey<Record extends Document>(
  scope: Scope,
  collection: Collection<Record>,
  index: readonly string[],
  key: RecordKey,
  to: RecordKey | null,
): Promise<RecordKey | null> {
  const [field = '_id'] = index;
  const path = `$${field}`;
  const within = { $lt: [path, { $literal: to?.value }] };
  const [row] = await collection
    .aggregate<Document>(
      [
        { $match: { $expr: { $and: [{ $gt: [path, { $literal: key.value }] }, ...(to ? [within] : [])] } } },
        { $sort: Object.fromEntries(index.map((name) => [name, 1])) },
        { $limit: 1 },
        { $project: { _id: 0, key: path } },
      ],
      {
        hint: Object.fromEntries(index.map((name) => [name, 1])),
        maxTimeMS: scanTimeMs,
        promoteLongs: false,
        ...inSession(scope),
      },
    )
    .toArray();
  return row ? recordKey(row['key']) : null;
}
