/**
 * What callers are told about a third party that failed: its host as the caller or a redirect named it, and how it
 * failed. Never Node's own words, which name the address that a name resolved to.
 */
import { STATUS_CODES } from 'node:http';
import { GridholdError } from '../errors/gridhold-error.ts';

/** The longest name of a host is 253 characters, and a port; a URL may hold more. */
const mostHostCharacters = 260;

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses the connection',
  ETIMEDOUT: 'does not answer',
  EHOSTUNREACH: 'is not reachable',
  ENETUNREACH: 'is not reachable',
  EADDRNOTAVAIL: 'is not reachable',
  ENOTFOUND: 'has no address',
  EAI_AGAIN: 'can not be looked up now',
  HPE_HEADER_OVERFLOW: 'answered with a head that is too large',
};

export function hostOf(url: URL): string {
  return url.host.slice(0, mostHostCharacters);
}

export function refused(url: URL, why: string): GridholdError {
  return new GridholdError('FETCH_REFUSED', `${hostOf(url)} ${why}`);
}

export function failed(url: URL, how: string, cause?: unknown): GridholdError {
  return new GridholdError('FETCH_FAILED', `${hostOf(url)} ${how}`, {}, { cause });
}

export function failedWithStatus(url: URL, status: number, more = ''): GridholdError {
  return failed(url, `answered ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd() + more);
}

/** What a connection threw. What says already how it failed stays as it is. */
export function connectionFailure(
  url: URL,
  error: unknown,
  otherwise = 'broke the connection off',
): GridholdError {
  if (error instanceof GridholdError) return error;
  const code = codeOf(error);
  const known = words[code];
  if (known !== undefined) return failed(url, known, error);
  if (code.startsWith('HPE_')) return failed(url, 'does not speak HTTP/1.1', error);
  if (/CERT|SIGNATURE|CRL/.test(code)) return failed(url, `has an invalid certificate (${code})`, error);
  if (/SSL|TLS|EPROTO/.test(code)) return failed(url, 'can not agree on TLS', error);
  return failed(url, otherwise, error);
}

/** Of several addresses that were tried, the first one's. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  return typeof code === 'string' ? code : '';
}
