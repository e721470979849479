/** What went wrong, in words for the person in front of the page. */
import { type KnownError, knownErrorOf } from './known-error.ts';

const unknown = 'Something went wrong. Please try again.';
const serverFailed = 'Something went wrong on the server. Please try again in a moment.';

/** By code; a text, or one made of the error's details. */
const words: Readonly<Record<string, string | ((error: KnownError) => string)>> = {
  NETWORK_ERROR: 'The server can’t be reached. Check your connection and try again.',
  INVALID_RESPONSE: 'The server gave an answer that makes no sense. Please try again in a moment.',
  FILE_NOT_FOUND: 'That file is no longer there. It may have been deleted.',
  CONTENT_TYPE_NOT_ALLOWED: (error) =>
    `${aboutType(error.details['detected'] ?? error.details['declared'])} ${aboutAllowed(error.details['allowed'])}`,
  FILE_TOO_LARGE: ({ details: { maxSize } }) =>
    typeof maxSize === 'number'
      ? `This file is too large. It may have up to ${sizeInWords(maxSize)}.`
      : 'This file is too large.',
  REQUEST_TOO_LARGE: 'That was too much at once. Try something smaller.',
  UPLOAD_URL_EXPIRED: 'Sending took too long to begin. Please try again.',
  UPLOAD_URL_NOT_FOUND: 'The place for this upload is gone. Please try again.',
  UPLOAD_URL_USED: 'The place for this upload is taken by another file. Please try again.',
  UPLOAD_IN_PROGRESS: 'This upload is already under way. Please try again in a moment.',
  LENGTH_MISMATCH: 'The connection broke while the file was being sent. Please try again.',
  CHECKSUM_MISMATCH: 'The file was damaged on its way. Please try again.',
  REQUEST_TIMEOUT: 'The connection was too slow. Please try again.',
  STORAGE_FULL: 'There is no space left to store this.',
  STORAGE_UNAVAILABLE: 'Storage can’t be reached just now. Please try again in a moment.',
  RATE_LIMITED: 'That was a lot in a short time. Please wait a moment and try again.',
  UNAUTHENTICATED: 'Please sign in first.',
  FORBIDDEN: 'That is not allowed.',
  INTERNAL_SERVER_ERROR: serverFailed,
};

export function wordsOf(error: unknown): string {
  const known = knownErrorOf(error);
  const found = known.code === null ? undefined : words[known.code];
  if (typeof found === 'function') return found(known);
  return found ?? sentenceOf(known) ?? (known.code === null ? unknown : serverFailed);
}

/** Refusals that the same request would meet again. */
const lasting: ReadonlySet<string> = new Set([
  'BAD_USER_INPUT',
  'CONTENT_TYPE_NOT_ALLOWED',
  'FILE_NOT_FOUND',
  'FILE_TOO_LARGE',
  'FORBIDDEN',
]);

/** Whether it makes sense to offer the same once more. */
export function isWorthRepeating(error: unknown): boolean {
  const { code } = knownErrorOf(error);
  return code === null || !lasting.has(code);
}

/** An error's own message, where it is for people: a code is not, nor what a program says to its maker. */
function sentenceOf({ code, message }: KnownError): string | null {
  const text = message.trim();
  return code === null || !/\s/.test(text) ? null : text;
}

function aboutType(type: unknown): string {
  return typeof type === 'string' && type !== 'application/octet-stream'
    ? `This file is of the type ${type}.`
    : 'This file is of a type that nobody knows.';
}

const kinds: Readonly<Record<string, string>> = {
  'image/*': 'images',
  'video/*': 'videos',
  'audio/*': 'sounds',
};

function aboutAllowed(allowed: unknown): string {
  const names = (Array.isArray(allowed) ? allowed : []).map(
    (pattern) => kinds[String(pattern)] ?? String(pattern),
  );
  return names.length === 0
    ? 'It can’t be sent here.'
    : `Only ${new Intl.ListFormat('en').format(names)} can be sent here.`;
}

/** Decimal, as the systems of most people count. */
function sizeInWords(bytes: number): string {
  const [unit, divisor] = bytes >= 1_000_000 ? (['MB', 1_000_000] as const) : (['kB', 1_000] as const);
  return `${new Intl.NumberFormat('en', { maximumFractionDigits: 1 }).format(bytes / divisor)} ${unit}`;
}
