/**
 * Transactions: our own, which are short, snapshot and majority, retried by us and given up at a deadline; and the
 * caller's, which we only join. MongoDB may have the work run several times: IDs are made before it, and nothing
 * outside the transaction happens in it.
 *
 * The driver's `withTransaction` is not used: it retries for 120 s, its `timeoutMS` has no effect in version 7, and a
 * sweep must not retry at all.
 */
import type { ClientSession, MongoClient } from 'mongodb';
import pTimeout from 'p-timeout';
import { badInput, GridholdError } from '../errors/gridhold-error.ts';
import type { Collections } from './collections.ts';
import { isBrokenWrite, isDriverError } from './driver-kinds.ts';

/**
 * A session of the app's own MongoClient with a transaction under way. By its parts and not by its class, like AppClient
 * (store.ts): the app's copy of the driver may be another than ours.
 */
export interface CallerSession {
  readonly hasEnded: boolean;
  inTransaction(): boolean;
}

/** Where statements run: the collections, and the transaction that they are part of, if any. */
export interface Scope {
  readonly in: Collections;
  readonly session?: ClientSession;
  /** True in the caller's transaction: what else rides in it is not ours to know. */
  readonly isCallers: boolean;
}

/** Told of our own transactions as they happen. It returns at once and never throws. */
export interface TransactionObserver {
  /** MongoDB ended an attempt for a conflict or a failover, and it is tried again. */
  retried(): void;
  /** The time was over: the caller is told STORAGE_UNAVAILABLE. */
  gaveUp(): void;
}

/** What transactions are run on. */
export interface TransactionStore {
  readonly client: MongoClient;
  readonly in: Collections;
  readonly transactions?: TransactionObserver | undefined;
}

/** The commit was sent, and whether it happened is not known. */
export class OutcomeUnknownError extends Error {
  override readonly name = 'OutcomeUnknownError';
}

export interface TransactOptions {
  /** The caller's session: join its transaction. */
  readonly session?: CallerSession | undefined;
  /** Milliseconds until it is given up. */
  readonly timeoutMs?: number;
  /** False: a conflict ends it at once. */
  readonly retry?: boolean;
}

const defaultTimeoutMs = 15_000;
const commitPauseMs = 50;
/** So long is an abort waited for: who is refused should find nothing of it in the way. */
const abortTimeoutMs = 1_000;
const backoff = { initialMs: 5, growth: 1.5, maxMs: 500 };

/**
 * @throws STORAGE_UNAVAILABLE when the time is over, OutcomeUnknownError when a commit's answer was lost; in the
 * caller's transaction every MongoDB error as it is, so that its labels reach the caller's own retry.
 */
export async function transact<T>(
  store: TransactionStore,
  work: (scope: Scope) => Promise<T>,
  options: TransactOptions = {},
): Promise<T> {
  if (options.session) {
    if (!options.session.inTransaction()) {
      throw badInput('session: it has no transaction under way; call it inside session.withTransaction');
    }
    return await work({ in: store.in, session: options.session as ClientSession, isCallers: true });
  }
  try {
    return await transactAlone(store, work, options);
  } catch (error) {
    // A sweep that does not retry only looks again later.
    if (error instanceof GaveUpError && options.retry !== false) store.transactions?.gaveUp();
    throw error;
  }
}

async function transactAlone<T>(
  store: TransactionStore,
  work: (scope: Scope) => Promise<T>,
  options: TransactOptions,
): Promise<T> {
  const deadline = performance.now() + (options.timeoutMs ?? defaultTimeoutMs);
  for (let attempt = 0; ; attempt++) {
    // A session of its own for each: one whose abort is still under way can't begin another transaction.
    const session = store.client.startSession({ causalConsistency: false });
    const outcome = await attemptOnce(session, store.in, work, deadline);
    if ('value' in outcome) return outcome.value;
    if (options.retry === false) throw outcome.conflict;
    const waitMs = Math.random() * Math.min(backoff.initialMs * backoff.growth ** attempt, backoff.maxMs);
    if (performance.now() + waitMs >= deadline) throw new GaveUpError(outcome.conflict);
    store.transactions?.retried();
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

type Outcome<T> = { readonly value: T } | { readonly conflict: unknown };

async function attemptOnce<T>(
  session: ClientSession,
  collections: Collections,
  work: (scope: Scope) => Promise<T>,
  deadline: number,
): Promise<Outcome<T>> {
  session.startTransaction({
    readConcern: { level: 'snapshot' },
    writeConcern: { w: 'majority' },
    readPreference: 'primary',
  });
  const open = scopeOf(session, collections);
  let value: T;
  try {
    value = await before(deadline, work(open.scope));
  } catch (error) {
    open.close();
    await before(performance.now() + abortTimeoutMs, end(session)).catch(() => undefined);
    if (hasLabel(error, 'TransientTransactionError') || isBrokenWrite(error)) return { conflict: error };
    throw error;
  }
  try {
    return await commit(session, value, deadline);
  } finally {
    // Not awaited: with the primary stopped, it would hold the answer back.
    void end(session);
  }
}

/**
 * Work that is given up goes on where it waits. On a session whose transaction was aborted, the driver sends what comes
 * next by itself, outside of any transaction: so what was closed gives no session any more.
 */
function scopeOf(session: ClientSession, collections: Collections): { readonly scope: Scope; close(): void } {
  let isClosed = false;
  return {
    scope: {
      in: collections,
      get session() {
        if (isClosed) throw new GaveUpError(undefined);
        return session;
      },
      isCallers: false,
    },
    close() {
      isClosed = true;
    },
  };
}

/** Aborts what is open. Once for each session: between two aborts it would be aborted, and not ended yet. */
async function end(session: ClientSession): Promise<void> {
  await session.endSession().catch(() => undefined);
}

async function commit<T>(session: ClientSession, value: T, deadline: number): Promise<Outcome<T>> {
  for (;;) {
    try {
      await before(deadline, session.commitTransaction());
      return { value };
    } catch (error) {
      const timeIsOver = performance.now() >= deadline;
      const isUnknown = hasLabel(error, 'UnknownTransactionCommitResult') || isBrokenWrite(error);
      if (isUnknown && !timeIsOver) {
        await new Promise((resolve) => setTimeout(resolve, commitPauseMs));
        continue;
      }
      if (hasLabel(error, 'TransientTransactionError')) return { conflict: error };
      throw new OutcomeUnknownError('A commit was sent and its answer was lost', { cause: error });
    }
  }
}

function hasLabel(error: unknown, label: string): boolean {
  return isDriverError(error, 'MongoError') && error.hasErrorLabel(label);
}

class GaveUpError extends GridholdError {
  constructor(cause: unknown) {
    const message = 'Storage was too busy to finish this in time';
    super('STORAGE_UNAVAILABLE', message, { retryAfter: 1 }, { cause });
  }
}

/** @throws GaveUpError. The work goes on: nothing ends a command that MongoDB does not answer. */
async function before<T>(deadline: number, work: Promise<T>): Promise<T> {
  const milliseconds = Math.max(1, deadline - performance.now());
  const giveUp = (): never => {
    throw new GaveUpError(undefined);
  };
  return await pTimeout(work, { milliseconds, fallback: giveUp });
}

/** The session option, where there is a session. */
export function inSession(scope: Scope): { session?: ClientSession } {
  return scope.session ? { session: scope.session } : {};
}
