/**
 * Stored files are nobody's scripts. A page that allows scripts of its own origin (`script-src 'self'`) would allow each
 * stored file of a script's type, and a worker or a service worker is loaded the same way. Browsers say what a request
 * is for (Fetch Metadata, section 2.1), to HTTPS and loopback; types that are no script's are stopped by `nosniff`.
 */
import { GridholdError } from '../../errors/gridhold-error.ts';
import type { RequestHead } from '../exchange.ts';

/** Fetch Standard, section 2.2.5: script-like destinations, and XSLT, whose result may hold script. */
const runsScript: ReadonlySet<string> = new Set([
  'audioworklet',
  'paintworklet',
  'script',
  'serviceworker',
  'sharedworker',
  'worker',
  'xslt',
]);

/** @throws FORBIDDEN */
export function refuseAsScript(head: RequestHead): void {
  const destination = head.header('sec-fetch-dest')?.trim().toLowerCase();
  // Of a service worker's script, browsers of before Fetch Metadata say it too (Service Workers, section 4.3).
  const isServiceWorker = head.header('service-worker') !== null;
  if (!isServiceWorker && (destination === undefined || !runsScript.has(destination))) return;
  throw new GridholdError(
    'FORBIDDEN',
    'Stored files are not served as scripts, workers or style sheets of XSLT',
  );
}

/** Types that a browser would run or transform by: from a cache too, a script must not get what an image request left. */
export function variesByDestination(contentType: string): boolean {
  const essence = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return /(?:java|ecma|j|live)script|[/+]xml$|xsl/.test(essence);
}
