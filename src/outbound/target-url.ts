/** Which URLs may be asked at all, before any look-up: those that are given, and those that redirects name. */
import { GridholdError } from '../errors/gridhold-error.ts';
import { failed, refused } from './failures.ts';

/** Fetch Standard, section 4.4; 300 leaves the choice to people. */
const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export function isRedirect(status: number): boolean {
  return redirectStatuses.has(status);
}

/** @throws FETCH_REFUSED */
export function checkTarget(url: URL): void {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new GridholdError(
      'FETCH_REFUSED',
      `${url.protocol.slice(0, 20)} is not spoken, only http: and https:`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw refused(url, 'is named with credentials in the URL; they belong into a header');
  }
}

/** Where a redirect leads. @throws FETCH_FAILED, FETCH_REFUSED */
export function redirectTarget(from: URL, location: string | null): URL {
  if (location === null) throw failed(from, 'redirects without saying where to');
  if (!URL.canParse(location, from)) throw failed(from, 'redirects to what is no URL');
  const target = new URL(location, from);
  checkTarget(target);
  if (from.protocol === 'https:' && target.protocol === 'http:') {
    throw failed(from, 'redirects from https to http, which is not followed');
  }
  return target;
}
