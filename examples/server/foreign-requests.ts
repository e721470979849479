/**
 * What a server on loopback refuses, because the browser of whoever runs it would carry it here from a stranger's page:
 * names that only lead here (DNS rebinding), and changes that a browser sends without asking first (CSRF).
 */
import type { IncomingMessage } from 'node:http';

const loopback = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i;
const reading = ['GET', 'HEAD', 'OPTIONS'];

/** Words where the name by which the client came is none of this machine's; else null. Its port may be forwarded. */
export function refusalOfHost({ headers: { host = '' } }: IncomingMessage): string | null {
  return loopback.test(host) ? null : 'This server answers to localhost only';
}

/**
 * Words where another page is about to change something; else null.
 * @param origins of pages that may, beside those of this server
 */
export function refusalOfOrigin(request: IncomingMessage, origins: readonly string[]): string | null {
  const { origin, host } = request.headers;
  // Without one it is no page, or one that only reads.
  if (origin === undefined || reading.includes(request.method ?? '')) return null;
  if (origins.includes(origin) || (URL.canParse(origin) && new URL(origin).host === host?.toLowerCase())) {
    return null;
  }
  return 'Pages of other origins may change nothing here';
}
