/**
 * Clients' JSON on its way into BSON and back, unchanged whatever its keys are. As a Map it is data only: the
 * serialiser looks for `_bsontype` and `toBSON` on plain objects, which a client may name its keys.
 */
import { isBson } from './driver-kinds.ts';

type JsonLike = unknown;

function toBsonValue(value: JsonLike): unknown {
  if (Array.isArray(value)) return value.map(toBsonValue);
  if (typeof value === 'object' && value !== null) {
    return new Map(Object.entries(value).map(([key, item]) => [key, toBsonValue(item)]));
  }
  return value;
}

/**
 * A `{$ref, $id}` comes back from the driver as a DBRef (whose own `toJSON` loses a key named `__proto__`); what only a
 * foreign writer can have put there, a date or an ObjectId, as its JSON; everything else as it was.
 */
function fromBsonValue(value: unknown): JsonLike {
  if (Array.isArray(value)) return value.map(fromBsonValue);
  if (typeof value !== 'object' || value === null) return value;
  if (isBson(value, 'DBRef')) {
    const { collection, oid, db, fields } = value;
    return fromBsonValue({ $ref: collection, $id: oid, ...(db === undefined ? {} : { $db: db }), ...fields });
  }
  const isPlain = [Object.prototype, null].includes(Object.getPrototypeOf(value));
  if (!isPlain && 'toJSON' in value && typeof value.toJSON === 'function')
    return fromBsonValue(value.toJSON());
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fromBsonValue(item)]));
}

/**
 * The same for a record's `metadata`, typed as the record has it: the driver's types have no place for a Map where a
 * plain object is meant, and to MongoDB both are a document.
 */
export function metadataToBson(
  metadata: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return toBsonValue(metadata) as Readonly<Record<string, unknown>>;
}

export function metadataFromBson(
  metadata: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return fromBsonValue(metadata) as Readonly<Record<string, unknown>>;
}
