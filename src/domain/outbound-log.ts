/**
 * One line for each time that a third party was asked: by whom, which host, and how it ended. Never the URL, whose path
 * and query may be a permission, and never a header.
 */
import { GridholdError } from '../errors/gridhold-error.ts';
import { hostOf } from '../outbound/failures.ts';
import type { DomainContext } from './context.ts';
import type { Caller } from './model.ts';

export interface OutboundEvent {
  readonly event: 'fetch' | 'send';
  readonly url: URL;
  readonly caller: Caller;
  readonly fileId?: string;
}

export async function logOutbound<T>(
  { log }: DomainContext,
  { event, url, caller, fileId }: OutboundEvent,
  work: () => Promise<T>,
): Promise<T> {
  const line = {
    event,
    host: hostOf(url),
    by: caller.id,
    ...(fileId ? { fileId } : {}),
  };
  try {
    const done = await work();
    log.info(line, 'third party asked');
    return done;
  } catch (error) {
    const code = error instanceof GridholdError ? error.code : 'INTERNAL_SERVER_ERROR';
    log.warn({ ...line, code }, 'third party asked in vain');
    throw error;
  }
}
