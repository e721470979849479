/**
 * The driver's errors and BSON's values, told by what they say that they are. The client is the app's, and may be of
 * another copy of the driver than ours (Mongoose brings one along): to `instanceof`, what comes from it is of no class
 * that we know, so that no conflict would be tried again and no chunk would hold bytes.
 */
import type {
  Binary,
  DBRef,
  Double,
  Int32,
  Long,
  MongoBulkWriteError,
  MongoClientClosedError,
  MongoError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
  ObjectId,
} from 'mongodb';

interface DriverErrors {
  readonly MongoError: MongoError;
  readonly MongoBulkWriteError: MongoBulkWriteError;
  readonly MongoClientClosedError: MongoClientClosedError;
  readonly MongoNetworkError: MongoNetworkError;
  readonly MongoNotConnectedError: MongoNotConnectedError;
  readonly MongoServerSelectionError: MongoServerSelectionError;
  readonly MongoPoolClosedError: MongoError;
  readonly MongoServerClosedError: MongoError;
  readonly MongoTopologyClosedError: MongoTopologyClosedError;
  readonly MongoWaitQueueTimeoutError: MongoError;
}

/** Its class, or one that it is made from, has this name. */
export function isDriverError<Kind extends keyof DriverErrors>(
  error: unknown,
  kind: Kind,
): error is DriverErrors[Kind] {
  if (!(error instanceof Error)) return false;
  let prototype: unknown = Object.getPrototypeOf(error);
  while (prototype instanceof Error) {
    if (prototype.name === kind) return true;
    prototype = Object.getPrototypeOf(prototype);
  }
  return false;
}

const brokenSocketCodes = new Set([
  ...['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED', 'ENOTCONN'],
  ...['ENETDOWN', 'ENETRESET', 'ENETUNREACH', 'EHOSTDOWN', 'EHOSTUNREACH'],
]);

/**
 * A connection that breaks while the driver writes to it (7.9: where it waits for `drain`): what reaches us is Node's own
 * error, without the driver's class and labels, and the driver has not tried again.
 */
export function isBrokenWrite(error: unknown): boolean {
  if (!(error instanceof Error && 'syscall' in error && 'code' in error)) return false;
  return error.syscall === 'write' && typeof error.code === 'string' && brokenSocketCodes.has(error.code);
}

interface BsonValues {
  readonly Binary: Binary;
  readonly DBRef: DBRef;
  readonly Double: Double;
  readonly Int32: Int32;
  readonly Long: Long;
  readonly ObjectId: ObjectId;
}

export function isBson<Kind extends keyof BsonValues>(value: unknown, kind: Kind): value is BsonValues[Kind] {
  if (typeof value !== 'object' || value === null) return false;
  // The class says it, never the value: a client may have given its JSON a key of this name.
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    typeof prototype === 'object' &&
    prototype !== null &&
    '_bsontype' in prototype &&
    prototype._bsontype === kind
  );
}
