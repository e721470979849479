/** The chats' words for errors of every make: never a raw code, never nothing. */
import { CombinedGraphQLErrors, ServerError } from '@apollo/client/errors';
import { CombinedError } from '@urql/core';
import { describe, expect, it } from 'vitest';
import { isWorthRepeating, wordsOf } from '../../examples/chat-page/words-of.ts';
import { GridholdClientError } from '../../src/client/client-error.ts';
import { errorCodes } from '../../src/errors/codes.ts';

const details = {
  maxSize: 10_000_000,
  detected: 'application/pdf',
  declared: 'image/png',
  allowed: ['image/*'],
};

/** The same error as each client gives it to a page. */
const makes: readonly [string, (code: string, message: string) => unknown][] = [
  [
    'gridhold/client',
    (code, message) => new GridholdClientError(code, message, { retryable: false, details }),
  ],
  [
    'Apollo',
    (code, message) =>
      new CombinedGraphQLErrors({ data: null, errors: [{ message, extensions: { code, ...details } }] }),
  ],
  [
    'urql',
    (code, message) => new CombinedError({ graphQLErrors: [{ message, extensions: { code, ...details } }] }),
  ],
  [
    'problem+json',
    (code, detail) => ({ type: 'about:blank', title: 'Not so', status: 400, detail, code, ...details }),
  ],
];

describe.each(makes)('An error of %s', (_name, make) => {
  it.each([...Object.keys(errorCodes), 'SOMETHING_NEW'])('with the code %s has words', (code) => {
    const words = wordsOf(make(code, code));
    expect(words).toMatch(/^[A-Z].* .*[.]$/);
    expect(words).not.toMatch(/[A-Z]_[A-Z]|undefined|null|\[object/);
  });

  it('names the type that was refused and what is allowed, and the limit in MB', () => {
    expect(wordsOf(make('CONTENT_TYPE_NOT_ALLOWED', 'No'))).toBe(
      'This file is of the type application/pdf. Only images can be sent here.',
    );
    expect(wordsOf(make('FILE_TOO_LARGE', 'No'))).toBe('This file is too large. It may have up to 10 MB.');
  });

  it('keeps the words that the app chose for bad input', () => {
    expect(wordsOf(make('BAD_USER_INPUT', 'There is nothing to send.'))).toBe('There is nothing to send.');
  });

  it('is worth repeating where it may pass, and not where it would be refused again', () => {
    expect(isWorthRepeating(make('STORAGE_UNAVAILABLE', 'Later'))).toBe(true);
    expect(isWorthRepeating(make('FILE_TOO_LARGE', 'Never'))).toBe(false);
  });
});

it.each([
  ['fetch in Chromium', new TypeError('Failed to fetch')],
  ['fetch in Firefox', new TypeError('NetworkError when attempting to fetch resource.')],
  ['fetch in Safari', new TypeError('Load failed')],
  ['gridhold/client', new GridholdClientError('NETWORK_ERROR', 'The connection failed', { retryable: true })],
  ['urql', new CombinedError({ networkError: new TypeError('Failed to fetch') })],
])('No connection, by %s, is told as such', (_name, error) => {
  expect(wordsOf(error)).toContain('The server can’t be reached');
});

it.each([
  ['an answer of 502', new ServerError('Bad', { response: new Response('', { status: 502 }), bodyText: '' })],
  ['an error that says nothing', new Error('')],
  ['an error for programmers', new Error('x is not a function')],
  ['null', null],
  ['undefined', undefined],
  ['a text', 'oops'],
  ['no details', { code: 'CONTENT_TYPE_NOT_ALLOWED' }],
  ['no limit', { code: 'FILE_TOO_LARGE' }],
])('%s has words too', (_name, error) => {
  expect(wordsOf(error)).toMatch(/^[A-Z].* .*[.]$/);
  expect(wordsOf(error)).not.toMatch(/function|undefined|null|[A-Z]_[A-Z]/);
});
