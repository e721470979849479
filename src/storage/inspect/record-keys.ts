/**
 * Keys of records as verify meets them: whatever BSON somebody has put there, compared by MongoDB's own order and never
 * by ours. A key has a text that is its own, for maps and for positions.
 */
import { BSON, type Filter, ObjectId } from 'mongodb';
import { isBson } from '../driver-kinds.ts';

export interface RecordKey {
  /** As it is sent back to MongoDB. */
  readonly value: unknown;
  /**
   * Its BSON: one text for one value, and for equal numbers of any type, as MongoDB sees them. In Extended JSON an
   * ObjectId and a document `{$oid: …}` have the same.
   */
  readonly text: string;
}

export function recordKey(read: unknown): RecordKey {
  const value = asSent(read);
  const bson = BSON.serialize({ '': wholeNumber(value) ?? value });
  return { value, text: Buffer.from(bson).toString('base64url') };
}

/**
 * What was read, as it is sent back to MongoDB: a document as a Map, whose keys are data only. On plain objects the
 * serialiser looks for `_bsontype` and `toBSON`, and old drivers' IDs were often stored with such a key.
 */
export function asSent(read: unknown): unknown {
  if (Array.isArray(read)) return read.map(asSent);
  return isPlain(read)
    ? new Map(Object.entries(read).map(([name, value]) => [name, asSent(value)]))
    : (read ?? null);
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    [Object.prototype, null].includes(Object.getPrototypeOf(value))
  );
}

/** For people and scripts: the hex of an ObjectId, a string as it is, anything else as Extended JSON. */
export function showKey({ value }: RecordKey): string {
  if (isBson(value, 'ObjectId')) return value.toHexString();
  return typeof value === 'string' ? value : extendedJson(value, { relaxed: false });
}

/** Documents key by key, since EJSON looks for `_bsontype` in them, too. */
function extendedJson(value: unknown, options: { readonly relaxed: boolean }): string {
  const show = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(show);
    if (part instanceof Map) return Object.fromEntries([...part].map(([name, item]) => [name, show(item)]));
    return BSON.EJSON.serialize(part, options);
  };
  return JSON.stringify(show(asSent(value)));
}

export function objectIdOf({ value }: RecordKey): ObjectId | null {
  return isBson(value, 'ObjectId') ? value : null;
}

/** By an ID of any type, which the records' types don't foresee. */
export function byId<Record extends { readonly _id: unknown }>(key: RecordKey): Filter<Record> {
  return { _id: { $eq: key.value } } as Filter<Record>;
}

const hexPattern = /^[0-9a-f]{24}$/;
const fileIdPattern = /^file_[0-9a-z]{26}$/;
const encodedPrefix = '~';

/** For a position on the command line. */
export function encodeKey(key: RecordKey): string {
  if (isBson(key.value, 'ObjectId')) return key.value.toHexString();
  if (typeof key.value === 'string' && fileIdPattern.test(key.value)) return key.value;
  return encodedPrefix + key.text;
}

/** Null: it is no key that `encodeKey` gives. */
export function decodeKey(text: string): RecordKey | null {
  if (hexPattern.test(text)) return recordKey(new ObjectId(text));
  if (fileIdPattern.test(text)) return recordKey(text);
  if (!text.startsWith(encodedPrefix)) return null;
  try {
    const bson = Buffer.from(text.slice(encodedPrefix.length), 'base64url');
    const key = recordKey(BSON.deserialize(bson, { promoteLongs: false })['']);
    return encodeKey(key) === text ? key : null;
  } catch {
    return null;
  }
}

/** A whole number of any of BSON's types, or null where it is something else. */
export function wholeNumber(value: unknown): number | null {
  const number = isBson(value, 'Long') ? value.toNumber() : toPlain(value);
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : null;
}

function toPlain(value: unknown): unknown {
  return isBson(value, 'Int32') || isBson(value, 'Double') ? value.value : value;
}

/** What stands where something else should: for findings, short whatever it is. */
export function showValue(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = extendedJson(value, { relaxed: true });
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
