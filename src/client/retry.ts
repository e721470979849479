/**
 * Repeats what failed for a passing reason, with exponential backoff and jitter. Everything the client sends is safe to
 * repeat: an upload URL stores one file, and the same bytes again give the same ID.
 */
import { throwIfAborted, unlessAborted } from './abort.ts';
import { GridholdClientError } from './client-error.ts';

const firstPauseMs = 500;
const mostPauseMs = 10_000;
/** A server that asks for more than this is not waited for: the caller is told. */
const mostRetryAfterMs = 60_000;

const defaultRetries = 5;

export async function withRetries<T>(
  attempt: () => Promise<T>,
  options: { readonly retries?: number | undefined; readonly signal?: AbortSignal | undefined },
): Promise<T> {
  const { retries = defaultRetries, signal } = options;
  let most = retries;
  for (let failures = 0; ; failures++) {
    throwIfAborted(signal);
    try {
      return await attempt();
    } catch (error) {
      throwIfAborted(signal);
      if (!(error instanceof GridholdClientError) || !error.retryable) throw error;
      // The attempt before may have died with its server, which gives it up after 10 s. To wait for that once is no try.
      if (error.code === 'UPLOAD_IN_PROGRESS' && most > 0 && most === retries) most += 1;
      if (!(failures < most)) throw error;
      const asked = error.retryAfterMs ?? 0;
      if (asked > mostRetryAfterMs) throw error;
      await pause(Math.max(asked, backoffMs(failures)), signal);
    }
  }
}

function backoffMs(failures: number): number {
  return Math.min(mostPauseMs, firstPauseMs * 2 ** failures) * (0.5 + Math.random() / 2);
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<void>((done) => {
    timer = setTimeout(done, milliseconds);
  });
  try {
    await unlessAborted(signal, over);
  } finally {
    clearTimeout(timer);
  }
}
