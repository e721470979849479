/**
 * Which pages may use the API: the chat's own, which is served from another origin. Headers are set before anything is
 * looked at, so that errors have them too: without, a page sees "failed to fetch" in the place of words. Who may change
 * something without being asked first, ../../server/foreign-requests.ts says.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Seconds that a browser may keep what a preflight was told. */
const preflightMaxAge = 86_400;

/** @param origins of the chat's page, such as `http://localhost:3000` */
export function setCorsHeaders(
  request: IncomingMessage,
  response: ServerResponse,
  origins: readonly string[],
): void {
  response.setHeader('vary', 'Origin');
  const { origin } = request.headers;
  if (origin === undefined || !origins.includes(origin)) return;
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader(
    'access-control-expose-headers',
    'ETag, Content-Range, Content-Disposition, Location, Retry-After',
  );
}

/** The answer to OPTIONS, https://fetch.spec.whatwg.org/#cors-preflight-fetch */
export function sendPreflight(response: ServerResponse, methods: readonly string[]): void {
  const allowed = [...methods, 'OPTIONS'].join(', ');
  response.setHeader('allow', allowed);
  if (response.hasHeader('access-control-allow-origin')) {
    response.setHeader('access-control-allow-methods', allowed);
    response.setHeader('access-control-allow-headers', 'Content-Type');
    response.setHeader('access-control-max-age', String(preflightMaxAge));
  }
  response.writeHead(204).end();
}
