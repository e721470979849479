/** Conditional requests by RFC 9110 section 13, with its three forms of dates. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseHttpDate } from '../src/http/serving/http-dates.ts';
import { allowsRange, evaluatePreconditions } from '../src/http/serving/preconditions.ts';

const etag = '"abc"';
const lastModified = Date.UTC(2026, 0, 2, 3, 4, 5) / 1000;
const same = 'Fri, 02 Jan 2026 03:04:05 GMT';
const earlier = 'Fri, 02 Jan 2026 03:04:04 GMT';
const later = 'Fri, 02 Jan 2026 03:04:06 GMT';

const reader = (headers: Record<string, string>) => (name: string) => headers[name] ?? null;

describe('preconditions, in their order', () => {
  it.each<[Record<string, string>, string]>([
    [{}, 'proceed'],
    [{ 'if-match': etag }, 'proceed'],
    [{ 'if-match': '*' }, 'proceed'],
    [{ 'if-match': `"x", ${etag}` }, 'proceed'],
    [{ 'if-match': '"x"' }, 'failed'],
    [{ 'if-match': `W/${etag}` }, 'failed'],
    [{ 'if-match': 'abc' }, 'failed'],
    [{ 'if-match': '' }, 'failed'],
    [{ 'if-match': etag, 'if-unmodified-since': earlier }, 'proceed'],
    [{ 'if-unmodified-since': earlier }, 'failed'],
    [{ 'if-unmodified-since': same }, 'proceed'],
    [{ 'if-unmodified-since': 'yesterday' }, 'proceed'],
    [{ 'if-none-match': etag }, 'not-modified'],
    [{ 'if-none-match': `W/${etag}` }, 'not-modified'],
    [{ 'if-none-match': '*' }, 'not-modified'],
    [{ 'if-none-match': `"a,b", ${etag}` }, 'not-modified'],
    [{ 'if-none-match': '"x"' }, 'proceed'],
    [{ 'if-none-match': '"x"', 'if-modified-since': later }, 'proceed'],
    [{ 'if-modified-since': same }, 'not-modified'],
    [{ 'if-modified-since': later }, 'not-modified'],
    [{ 'if-modified-since': earlier }, 'proceed'],
    [{ 'if-modified-since': '2030-01-01' }, 'proceed'],
    [{ 'if-match': '"x"', 'if-none-match': etag }, 'failed'],
    [{ 'if-match': etag, 'if-none-match': etag }, 'not-modified'],
    [{ 'if-unmodified-since': earlier, 'if-none-match': etag }, 'failed'],
  ])('%j: %s', (headers, verdict) => {
    expect(evaluatePreconditions(reader(headers), { etag, lastModified })).toBe(verdict);
  });

  it.each<[string | null, boolean]>([
    [null, true],
    [etag, true],
    [same, true],
    [`W/${etag}`, false],
    ['"x"', false],
    [later, false],
    [earlier, false],
    ['abc', false],
    ['', false],
  ])('If-Range %s: %s', (value, allowed) => {
    const headers = value === null ? {} : { 'if-range': value };
    expect(allowsRange(reader(headers), { etag, lastModified })).toBe(allowed);
  });

  it('are never an error, whatever is sent', () => {
    const noise = fc.string({ unit: fc.constantFrom(...'W/"*, abc') });
    fc.assert(
      fc.property(noise, (value) => {
        const headers = { 'if-none-match': value };
        expect(evaluatePreconditions(reader(headers), { etag, lastModified })).not.toBe('failed');
      }),
    );
  });
});

describe('HTTP-date', () => {
  const now = new Date('2026-06-01T00:00:00Z');

  it.each([
    ['Sun, 06 Nov 1994 08:49:37 GMT', '1994-11-06T08:49:37Z'],
    ['Sunday, 06-Nov-94 08:49:37 GMT', '1994-11-06T08:49:37Z'],
    ['Sun Nov  6 08:49:37 1994', '1994-11-06T08:49:37Z'],
    ['Sunday, 06-Nov-76 08:49:37 GMT', '2076-11-06T08:49:37Z'],
    ['Sunday, 06-Nov-77 08:49:37 GMT', '1977-11-06T08:49:37Z'],
    ['Sat, 31 Dec 2016 23:59:60 GMT', '2016-12-31T23:59:59Z'],
  ])('%s is read', (value, iso) => {
    expect(parseHttpDate(value, now)).toBe(Date.parse(iso) / 1000);
  });

  it.each([
    '',
    '2026',
    '2026-01-02T03:04:05Z',
    'Fri, 02 Jan 2026 03:04:05 UTC',
    'Fri, 02 Jan 2026 03:04:05 +0000',
    'Fri, 31 Feb 2026 03:04:05 GMT',
    'Fri, 02 Jan 2026 24:00:00 GMT',
    'fri, 02 jan 2026 03:04:05 gmt',
    '1767323045',
  ])('%s is none', (value) => {
    expect(parseHttpDate(value, now)).toBeNull();
  });

  it('reads back what it writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (seconds) => {
        expect(parseHttpDate(new Date(seconds * 1000).toUTCString())).toBe(seconds);
      }),
    );
  });
});
