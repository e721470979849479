/**
 * Whether a request may come in now: how many requests its caller has made in this minute, and how many of its uploads
 * are under way. Users and keys are counted by themselves; everybody else by address, which with `none` is every caller.
 * What a caller may do is decided behind this, by the domain.
 */
import { createAtOnce } from '../../domain/at-once.ts';
import type { Caller } from '../../domain/model.ts';
import { GridholdError } from '../../errors/gridhold-error.ts';
import type { RequestHead } from '../exchange.ts';
import type { HttpSettings } from '../http-settings.ts';
import type { ReadClientAddress } from './client-address.ts';
import type { RequestCounts } from './request-counts.ts';

export interface Admission {
  /**
   * Counts credentials that turned out wrong, for their address. Right ones never come here: many are behind one
   * address, and whoever sends wrong ones from there must not shut the others out.
   * @throws RATE_LIMITED
   */
  countWrong(head: RequestHead): void;
  /**
   * Counts the request, once its caller is known and before its body is read.
   * @returns what is to be called when the request is over, safe to repeat
   * @throws RATE_LIMITED
   */
  enter(head: RequestHead, caller: Caller, kind: 'upload' | 'other'): () => void;
}

const nothing = (): void => undefined;

export function createAdmission(
  settings: HttpSettings,
  counts: RequestCounts,
  addressOf: ReadClientAddress,
): Admission {
  const { userRateLimit, keyRateLimit, addressRateLimit, uploadsAtOnce } = settings;
  const uploads = createAtOnce();

  /** Null where nobody can be told apart: a fetch Request that came without an address. */
  function nameOf(head: RequestHead, caller: Caller): string | null {
    if (isKnown(caller)) return caller.id;
    const address = addressOf(head);
    return address === null ? null : `address:${address}`;
  }

  function limitOf(caller: Caller): number | 'off' {
    if (!isKnown(caller)) return addressRateLimit;
    return caller.role === 'user' ? userRateLimit : keyRateLimit;
  }

  return {
    countWrong(head) {
      const address = addressOf(head);
      if (address === null || addressRateLimit === 'off') return;
      const waitMs = counts.count(`guesses:${address}`, addressRateLimit);
      if (waitMs !== null) throw tooMany(waitMs, 'Too many invalid credentials came from here');
    },

    enter(head, caller, kind) {
      const limit = limitOf(caller);
      const limitsUploads = kind === 'upload' && uploadsAtOnce !== 'off';
      if (limit === 'off' && !limitsUploads) return nothing;
      const name = nameOf(head, caller);
      if (name === null) return nothing;
      const waitMs = limit === 'off' ? null : counts.count(name, limit);
      if (waitMs !== null) throw tooMany(waitMs, `More than ${limit} requests in a minute`);
      return limitsUploads ? uploads.enter(name, uploadsAtOnce, 'uploads') : nothing;
    },
  };
}

/** By what it sent: admin without a key is everybody, where the settings ask for no proof. */
function isKnown(caller: Caller): boolean {
  return caller.role === 'user' || caller.id.startsWith('key:');
}

function tooMany(waitMs: number, message: string): GridholdError {
  return new GridholdError('RATE_LIMITED', message, { retryAfter: Math.max(1, Math.ceil(waitMs / 1_000)) });
}
