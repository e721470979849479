/** Who asks, by the kind of route: where credentials are required, and where invalid ones are ignored. */
import { anonymous, scraper } from '../domain/callers.ts';
import type { Caller } from '../domain/model.ts';
import type { UseCases } from '../domain/use-cases.ts';
import { GridholdError } from '../errors/gridhold-error.ts';
import type { OnIdentified } from './admission/entrance.ts';
import type { RequestHead } from './exchange.ts';
import type { HttpSettings } from './http-settings.ts';
import type { Audience } from './origin-policy.ts';
import { createScrapeToken } from './scrape-token.ts';

/** @throws UNAUTHENTICATED, FORBIDDEN, FETCH_FAILED, STORAGE_UNAVAILABLE */
export function createIdentify(
  useCases: Pick<UseCases, 'authenticate'>,
  settings: Pick<HttpSettings, 'auth' | 'metricsToken'>,
): (head: RequestHead, audience: Audience, onIdentified: OnIdentified) => Promise<Caller> {
  const isScraper = createScrapeToken(settings.metricsToken);

  /** The token needs nobody but us: it is good while MongoDB is away. */
  async function operator(authorization: string | null, onIdentified: OnIdentified): Promise<Caller> {
    if (isScraper(authorization)) return scraper;
    const caller = await useCases.authenticate(authorization);
    if (caller.role === 'admin') return caller;
    const who = "the key of an admin, or GRIDHOLD_METRICS_TOKEN's";
    if (caller.role !== 'anonymous') {
      onIdentified(caller);
      throw new GridholdError('FORBIDDEN', `Metrics are for operators: send ${who}`);
    }
    throw new GridholdError('UNAUTHENTICATED', `Authorization: metrics need ${who}`);
  }

  return async (head, audience, onIdentified) => {
    if (audience === 'probes') return anonymous;
    if (audience === 'operators') return await operator(head.header('authorization'), onIdentified);
    // Pages of any origin may read bytes: that everybody here is admin must not open private files to them.
    if (audience === 'bytes' && settings.auth === 'none') return anonymous;
    const caller = useCases.authenticate(head.header('authorization'));
    return bringsPermission(head, audience) ? await orAnonymous(caller) : await caller;
  };
}

/** The URL itself may permit what is asked: an upload URL always, the URL of a file where it is signed. */
function bringsPermission({ search }: RequestHead, audience: Audience): boolean {
  return audience === 'uploads' || (audience === 'bytes' && /[?&]signature=/.test(search));
}

const withoutMeaning: ReadonlySet<string> = new Set(['UNAUTHENTICATED', 'FETCH_FAILED']);

/** Invalid credentials, or ones whose key set is unreachable, are then ignored. */
async function orAnonymous(caller: Promise<Caller>): Promise<Caller> {
  try {
    return await caller;
  } catch (error) {
    if (error instanceof GridholdError && withoutMeaning.has(error.code)) return anonymous;
    throw error;
  }
}
