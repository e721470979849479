/**
 * What every asking of a third party shares: a place among those that the caller may have under way at once, since one
 * request may ask for many, and a line in the log. The app that has Gridhold inside bounds itself.
 */
import { library } from './callers.ts';
import type { DomainContext } from './context.ts';
import { logOutbound, type OutboundEvent } from './outbound-log.ts';

/** @throws RATE_LIMITED, or what the work throws */
export async function askThirdParty<T>(
  context: DomainContext,
  event: OutboundEvent,
  work: () => Promise<T>,
): Promise<T> {
  const { uploadsAtOnce } = context.settings;
  if (uploadsAtOnce === 'off' || event.caller.id === library.id) {
    return await logOutbound(context, event, work);
  }
  const leave = context.thirdPartyTurns.enter(event.caller.id, uploadsAtOnce, 'fetches and sendings');
  try {
    return await logOutbound(context, event, work);
  } finally {
    leave();
  }
}
