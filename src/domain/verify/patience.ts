/** How long verify bears with a MongoDB that does not answer, or not in time: bounded, and never silently. */
import pTimeout from 'p-timeout';
import { GridholdError } from '../../errors/gridhold-error.ts';
import { serverNow } from '../../storage/store.ts';
import { type Scope, transact } from '../../storage/transaction.ts';
import { translateError } from '../../storage/translate-error.ts';
import type { VerifyRun } from './contract.ts';

/** An election is over in less. */
const patienceMs = 30_000;
const pauseMs = 500;
const attemptsInAll = 3;
const transactionTimeoutMs = 10_000;

/** Reads that are repeated while MongoDB has no primary, or is too slow. @throws the last error, or the signal's reason */
export async function patiently<T>(
  { signal }: Pick<VerifyRun, 'signal'>,
  read: () => Promise<T>,
): Promise<T> {
  let failingSince: number | null = null;
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await unlessAborted(signal, read());
    } catch (error) {
      signal?.throwIfAborted();
      // Not since it began: a long read has its time, whatever comes to pass at its end.
      failingSince ??= performance.now();
      if (!isPassing(error) || performance.now() - failingSince > patienceMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

/** What came of it, or that it could not be had in time although MongoDB answers. */
export type Decided<T> = { readonly value: T } | { readonly undecided: string };

/** @throws where MongoDB is gone */
export async function decide<T>(run: VerifyRun, work: () => Promise<T>): Promise<Decided<T>> {
  for (let attempt = 1; ; attempt++) {
    try {
      return { value: await work() };
    } catch (error) {
      run.signal?.throwIfAborted();
      if (!isPassing(error)) throw error;
      await patiently(run, () => serverNow(run.context.store));
      if (attempt === attemptsInAll) return { undecided: reasonOf(error) };
    }
  }
}

/** One short transaction. @throws STORAGE_UNAVAILABLE */
export async function inSnapshot<T>(
  { context }: Pick<VerifyRun, 'context'>,
  work: (scope: Scope) => Promise<T>,
): Promise<T> {
  return await transact(context.store, work, { timeoutMs: transactionTimeoutMs });
}

function isPassing(error: unknown): boolean {
  const known = translateError(error);
  return known instanceof GridholdError && ['STORAGE_UNAVAILABLE', 'QUERY_TIMEOUT'].includes(known.code);
}

function reasonOf(error: unknown): string {
  const known = translateError(error);
  return known instanceof Error ? known.message : String(known);
}

/** A command to a MongoDB that stands still may never end. */
async function unlessAborted<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (!signal) return await work;
  return await pTimeout(work, { milliseconds: Number.POSITIVE_INFINITY, signal });
}
