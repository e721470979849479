/** A request and, where its answers are redirects, those that follow: by hand, so that each hop is judged like the first. */
import { type AnswerHead, Exchange, type OutgoingRequest } from './exchange.ts';
import { failed, failedWithStatus } from './failures.ts';
import { type Guard, openConnection } from './guarded-connection.ts';
import type { SilenceLimits } from './silence-watch.ts';
import { checkTarget, isRedirect, redirectTarget } from './target-url.ts';
import { within } from './time-limit.ts';

export interface FollowOptions {
  readonly guard: Guard;
  /** For the whole, and for looking up, connecting and TLS of one hop. */
  readonly timeoutMs: number;
  readonly connectMs: number;
  readonly silence: SilenceLimits;
}

export interface Steps<T> {
  request(url: URL): OutgoingRequest;
  /** Of the redirects there are, those that may be followed. */
  mayFollow(status: number): boolean;
  /** Takes the answer that is no redirect. The connection ends when it settles. */
  take(exchange: Exchange, url: URL, head: AnswerHead): Promise<T>;
}

const mostRedirects = 5;

/** @throws FETCH_REFUSED, FETCH_FAILED, the signal's reason, or what the steps throw */
export async function followRedirects<T>(
  first: URL,
  signal: AbortSignal,
  { guard, timeoutMs, connectMs, silence }: FollowOptions,
  steps: Steps<T>,
): Promise<T> {
  checkTarget(first);
  const late = failed(first, `took longer than ${timeoutMs / 1000} s`);
  return await within(timeoutMs, signal, late, async (timed) => {
    let url = first;
    for (let redirects = 0; ; redirects++) {
      const silent = failed(url, `did not answer for ${connectMs / 1000} s`);
      const target = url;
      const socket = await within(connectMs, timed, silent, (connecting) =>
        openConnection(guard, target, connecting),
      );
      try {
        const exchange = new Exchange(socket, url, steps.request(url), { limits: silence, signal: timed });
        const head = await exchange.answer();
        if (!isRedirect(head.status)) return await steps.take(exchange, url, head);
        if (!steps.mayFollow(head.status)) {
          throw failedWithStatus(url, head.status, ', a redirect that is not followed');
        }
        if (redirects === mostRedirects) throw failed(first, `redirects more than ${mostRedirects} times`);
        url = redirectTarget(url, head.header('location'));
      } finally {
        socket.destroy();
      }
    }
  });
}
