/** Who asks, by what kind of route it is: where credentials count, and where none are needed. */
import { anonymous } from '../domain/callers.ts';
import type { Caller } from '../domain/model.ts';
import type { UseCases } from '../domain/use-cases.ts';
import { GridholdError } from '../errors/gridhold-error.ts';
import type { RequestHead } from './exchange.ts';
import type { HttpSettings } from './http-settings.ts';
import type { Audience } from './origin-policy.ts';

/** @throws UNAUTHENTICATED, FETCH_FAILED, STORAGE_UNAVAILABLE */
export function createIdentify(
  useCases: Pick<UseCases, 'authenticate'>,
  settings: Pick<HttpSettings, 'auth'>,
): (head: RequestHead, audience: Audience) => Promise<Caller> {
  return async (head, audience) => {
    if (audience === 'probes') return anonymous;
    // Pages of any origin may read bytes: that everybody here is admin must not open private files to them.
    if (audience === 'bytes' && settings.auth === 'none') return anonymous;
    const caller = useCases.authenticate(head.header('authorization'));
    return audience === 'uploads' ? await orAnonymous(caller) : await caller;
  };
}

const withoutMeaning: ReadonlySet<string> = new Set(['UNAUTHENTICATED', 'FETCH_FAILED']);

/**
 * An upload URL is its own permission, whoever sends: credentials that do not count are in nobody's way, and neither are
 * those that can't be checked, their key set being away.
 */
async function orAnonymous(caller: Promise<Caller>): Promise<Caller> {
  try {
    return await caller;
  } catch (error) {
    if (error instanceof GridholdError && withoutMeaning.has(error.code)) return anonymous;
    throw error;
  }
}
