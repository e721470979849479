/** How a request comes in: who asks, and whether there is room for one more of that caller's. Before its body is read. */
import type { Caller } from '../../domain/model.ts';
import { GridholdError } from '../../errors/gridhold-error.ts';
import type { RequestHead } from '../exchange.ts';
import type { Audience } from '../origin-policy.ts';
import type { Admission } from './admission.ts';

export interface Entry {
  readonly caller: Caller;
  /** To be called when the request is over. Safe to repeat. */
  readonly leave: () => void;
}

/** Is told who asks as soon as that is known, whether or not they are let in. */
export type OnIdentified = (caller: Caller) => void;

/** @throws UNAUTHENTICATED, FORBIDDEN, FETCH_FAILED, RATE_LIMITED */
export function createEntrance(
  identify: (head: RequestHead, audience: Audience, onIdentified: OnIdentified) => Promise<Caller>,
  admission: Admission,
): (
  head: RequestHead,
  audience: Audience,
  kind: 'upload' | 'other',
  onIdentified: OnIdentified,
) => Promise<Entry> {
  return async (head, audience, kind, onIdentified) => {
    const caller = await identify(head, audience, onIdentified).catch((error: unknown) => {
      if (error instanceof GridholdError && error.code === 'UNAUTHENTICATED') admission.countWrong(head);
      throw error;
    });
    onIdentified(caller);
    // Whoever watches over us must hear that we live, and how, however many ask.
    const isWatching = audience === 'probes' || audience === 'operators';
    return { caller, leave: isWatching ? () => undefined : admission.enter(head, caller, kind) };
  };
}
