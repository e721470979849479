/**
 * Relay's connections by key (GraphQL Cursor Connections Specification), never by offset: a page begins after the key
 * of an item, wherever that item has gone meanwhile. Cursors are opaque outside of this file.
 */
import { badInput } from '../errors/gridhold-error.ts';
import type { Page, PageArguments } from './model.ts';

/** How many items a page has where nobody says, and at most. */
export const defaultPageItems = 20;
export const mostPageItems = 100;

/** A key as a cursor holds it: one value per sort key, the last of them unique. */
export type CursorKey = readonly (string | number | null)[];

export interface PageRequest {
  /** How many are shown; one more is read, to know whether there are others. */
  readonly limit: number;
  /** True for `last`: read from the end. */
  readonly isBackward: boolean;
  readonly after: CursorKey | null;
  readonly before: CursorKey | null;
}

/** Milliseconds since 1970 that a Date can hold (ECMA-262, section 21.4.1.1). Others would be read as some other time. */
export const isTimeInMs = (part: unknown): part is number =>
  Number.isInteger(part) && Math.abs(Number(part)) <= 8.64e15;

/** @param kind which order the cursor is of: another order's cursor is refused */
export function pageRequest(
  args: PageArguments,
  kind: string,
  isKey: (key: CursorKey) => boolean,
): PageRequest {
  const first = args.first ?? null;
  const last = args.last ?? null;
  if (first !== null && last !== null) throw badInput('first, last: give one of them, not both');
  const limit = checkCount('first', first) ?? checkCount('last', last) ?? defaultPageItems;
  return {
    limit,
    isBackward: last !== null,
    after: args.after == null ? null : parseCursor('after', args.after, kind, isKey),
    before: args.before == null ? null : parseCursor('before', args.before, kind, isKey),
  };
}

function checkCount(name: string, count: number | null): number | null {
  if (count === null) return null;
  if (!Number.isSafeInteger(count) || count < 0 || count > mostPageItems) {
    throw badInput(`${name}: must be 0 to ${mostPageItems}, not ${count}`);
  }
  return count;
}

export function cursorOf(kind: string, key: CursorKey): string {
  return Buffer.from(JSON.stringify([kind, ...key])).toString('base64url');
}

function parseCursor(
  name: string,
  cursor: string,
  kind: string,
  isKey: (key: CursorKey) => boolean,
): CursorKey {
  const malformed = badInput(`${name}: is not a cursor of this connection in this order`);
  if (cursor.length > 8_192) throw malformed;
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    throw malformed;
  }
  if (!Array.isArray(parsed)) throw malformed;
  const [cursorKind, ...key] = parsed;
  const isKnown = key.every((part) => part === null || typeof part === 'string' || typeof part === 'number');
  if (cursorKind !== kind || !isKnown || !isKey(key)) throw malformed;
  return key;
}

/**
 * Cuts what was read (limit + 1, in reading order) into a page, in the connection's order. Where a cursor bounds the
 * other side, there is something beyond it: the item that it names (specification, 4.4).
 */
export function pageOf<Item>(
  request: PageRequest,
  read: readonly Item[],
  cursor: (item: Item) => string,
): Page<Item> {
  const shown = read.slice(0, request.limit);
  const more = read.length > request.limit;
  if (request.isBackward) shown.reverse();
  return {
    edges: shown.map((node) => ({ cursor: cursor(node), node })),
    hasNextPage: request.isBackward ? request.before !== null : more,
    hasPreviousPage: request.isBackward ? more : request.after !== null,
  };
}

/** One sort key of a keyset, and how its null values sort: they stand before all others. */
export interface SortKey {
  readonly field: string;
  readonly direction: 1 | -1;
}

type Condition = Record<string, unknown>;

/**
 * The condition for items strictly beyond a key, in reading direction. `{name: {$gt: null}}` matches nothing in
 * MongoDB, so the border between nulls and values is crossed by conditions of its own.
 */
export function beyond(sort: readonly SortKey[], key: readonly unknown[], reversed: boolean): Condition {
  const alternatives: Condition[] = [];
  const equal: Condition = {};
  for (const [index, { field, direction }] of sort.entries()) {
    const value = key[index] ?? null;
    const ascending = (direction === 1) !== reversed;
    for (const condition of strictlyBeyond(value, ascending))
      alternatives.push({ ...equal, [field]: condition });
    equal[field] = value;
  }
  return { $or: alternatives };
}

function strictlyBeyond(value: unknown, ascending: boolean): unknown[] {
  if (value === null) return ascending ? [{ $ne: null }] : [];
  return ascending ? [{ $gt: value }] : [{ $lt: value }, null];
}
