/** MongoDB's failures in the words of our table. In a caller's transaction they are never translated. */
import { GridholdError } from '../errors/gridhold-error.ts';
import { MissingChunkError } from './chunk-reader.ts';
import { isBrokenWrite, isDriverError } from './driver-kinds.ts';
import { OutcomeUnknownError } from './transaction.ts';

/** Server codes that say: no primary, or not now (MongoDB error codes; retryable and "not writable primary"). */
const unavailableCodes = new Set([
  6, 7, 89, 91, 112, 133, 134, 189, 202, 251, 262, 317, 358, 384, 10_107, 11_600, 11_602, 13_435, 13_436,
  9001,
]);
const timeoutCodes = new Set([50]);
/** The driver's own, where it has no MongoDB to ask, or no connection free to ask by. */
const awayKinds = [
  'MongoNetworkError',
  'MongoServerSelectionError',
  'MongoNotConnectedError',
  'MongoTopologyClosedError',
  'MongoClientClosedError',
  'MongoPoolClosedError',
  'MongoServerClosedError',
  'MongoWaitQueueTimeoutError',
] as const;
/** OutOfDiskSpace; and of a hosted MongoDB (Atlas), whose code says nothing, the sentence. */
const diskFullCode = 14_031;
const hostedCode = 8_000;
const hostedQuota = /over your space quota/i;

/** @returns the error of the table, or the same error where it is none of MongoDB's failures */
export function translateError(error: unknown): unknown {
  if (error instanceof GridholdError || error instanceof MissingChunkError) return error;
  if (error instanceof OutcomeUnknownError || isBrokenWrite(error)) return unavailable(error);
  if (!isDriverError(error, 'MongoError')) return error;
  if (
    awayKinds.some((kind) => isDriverError(error, kind)) ||
    error.hasErrorLabel('TransientTransactionError') ||
    error.hasErrorLabel('RetryableWriteError') ||
    error.hasErrorLabel('UnknownTransactionCommitResult')
  ) {
    return unavailable(error);
  }
  const code = typeof error.code === 'number' ? error.code : null;
  if (code === diskFullCode || (code === hostedCode && hostedQuota.test(error.message))) {
    return new GridholdError('STORAGE_FULL', 'Storage is full', {}, { cause: error });
  }
  if (code !== null && timeoutCodes.has(code)) {
    return new GridholdError(
      'QUERY_TIMEOUT',
      'The query ran too long; narrow it',
      { retryAfter: 5 },
      { cause: error },
    );
  }
  if (code !== null && unavailableCodes.has(code)) return unavailable(error);
  if (isDriverError(error, 'MongoBulkWriteError') && error.result.getWriteErrorCount() === 0)
    return unavailable(error);
  return error;
}

function unavailable(cause: unknown): GridholdError {
  return new GridholdError(
    'STORAGE_UNAVAILABLE',
    'Storage does not answer; try again',
    { retryAfter: 1 },
    { cause },
  );
}
