/** What an HTTP answer tells of an error by headers of its own: the same by a REST route and by GraphQL. */
import type { GridholdError } from './gridhold-error.ts';

/** Seconds, where the error itself does not tell and the contract wants a `Retry-After`. */
const defaultRetryAfter: Partial<Record<GridholdError['code'], number>> = {
  UPLOAD_IN_PROGRESS: 10,
  RATE_LIMITED: 1,
  STORAGE_UNAVAILABLE: 2,
};

export function errorHeaders({ code, details }: GridholdError): Record<string, string> {
  const { retryAfter = defaultRetryAfter[code], allow, size } = details;
  const headers: Record<string, string> = {};
  if (retryAfter !== undefined) headers['Retry-After'] = String(Math.max(0, Math.ceil(retryAfter)));
  if (allow) headers['Allow'] = allow.join(', ');
  // RFC 9110, section 15.5.2.
  if (code === 'UNAUTHENTICATED') headers['WWW-Authenticate'] = 'Bearer';
  // RFC 9110, section 15.5.17.
  if (code === 'RANGE_NOT_SATISFIABLE' && size !== undefined) headers['Content-Range'] = `bytes */${size}`;
  return headers;
}
