/** What clients send with a download, held against the rules of RFC 9110 and 8187 written down a second time, naively. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contentDisposition } from '../src/http/serving/disposition.ts';
import { parseHttpDate } from '../src/http/serving/http-dates.ts';
import { allowsRange, evaluatePreconditions } from '../src/http/serving/preconditions.ts';
import { parseRange } from '../src/http/serving/ranges.ts';
import { suggestedFilename } from '../src/outbound/suggested-filename.ts';

const space = fc.constantFrom('', ' ', '\t', '  ');
/** A list (RFC 9110, section 5.6.1), as untidy as it may be. */
const listOf = (items: readonly string[], gaps: readonly string[]): string =>
  items
    .map((item, index) => `${gaps[(2 * index) % gaps.length]}${item}${gaps[(2 * index + 1) % gaps.length]}`)
    .join(',');

type Spec =
  | { readonly kind: 'closed'; readonly first: number; readonly last: number }
  | { readonly kind: 'open'; readonly first: number }
  | { readonly kind: 'suffix'; readonly length: number };

const position = fc.nat({ max: 40 });
const spec: fc.Arbitrary<Spec> = fc.oneof(
  fc.record({ kind: fc.constant('closed' as const), first: position, last: position }),
  fc.record({ kind: fc.constant('open' as const), first: position }),
  fc.record({ kind: fc.constant('suffix' as const), length: position }),
);
const writtenSpec = (one: Spec): string => {
  if (one.kind === 'suffix') return `-${one.length}`;
  return one.kind === 'open' ? `${one.first}-` : `${one.first}-${one.last}`;
};

/** The positions that a part names, one by one. */
function positionsOf(one: Spec, size: number): number[] {
  const all = Array.from({ length: size }, (_, index) => index);
  if (one.kind === 'suffix') return one.length === 0 ? [] : all.slice(-one.length);
  return all.filter((index) => index >= one.first && (one.kind === 'open' || index <= one.last));
}

test('a Range of any parts gives each byte that they name once, in the order of the parts', () => {
  fc.assert(
    fc.property(
      fc.array(spec, { minLength: 1, maxLength: 6 }),
      fc.nat({ max: 30 }),
      fc.array(space, { minLength: 1, maxLength: 5 }),
      (specs, size, spaces) => {
        const verdict = parseRange(`bytes=${listOf(specs.map(writtenSpec), spaces)}`, size);
        const named = specs.map((one) => positionsOf(one, size));
        const isInvalid = specs.some((one) => one.kind === 'closed' && one.last < one.first);
        // Of an empty file its last bytes are all of it, and nothing.
        const isSuffix = specs.some((one) => one.kind === 'suffix' && one.length > 0);
        if (isInvalid || named.flat().length > size || (size === 0 && isSuffix)) {
          expect(verdict.kind).toBe('whole');
        } else if (named.flat().length === 0) {
          expect(verdict.kind).toBe('unsatisfiable');
        } else {
          const ranges = verdict.kind === 'parts' ? verdict.ranges : [];
          const given = ranges.map(({ start, end }) =>
            positionsOf({ kind: 'closed', first: start, last: end }, size),
          );
          expect(given.flat().sort((a, b) => a - b)).toEqual(
            [...new Set(named.flat())].sort((a, b) => a - b),
          );
          const inOrder = ranges.toSorted((one, other) => one.start - other.start);
          const gaps = inOrder.slice(1).map(({ start }, index) => start - (inOrder[index]?.end ?? 0) - 1);
          expect(gaps.every((gap) => gap > 0)).toBe(true);
          const places = given.map((bytes) =>
            named.findIndex((part) => part.some((byte) => bytes.includes(byte))),
          );
          expect(places).toEqual([...places].sort((a, b) => a - b));
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

test('a Range that is another by one character is never taken for more than the file', () => {
  const noise = fc.string({ unit: fc.constantFrom(...'bytes=0123456789-, \t;x*'), maxLength: 40 });
  fc.assert(
    fc.property(
      fc.oneof(
        noise,
        noise.map((text) => `bytes=${text}`),
      ),
      fc.nat({ max: 1e6 }),
      (header, size) => {
        const verdict = parseRange(header, size);
        if (verdict.kind !== 'parts') return;
        expect(header).toMatch(/^\s*bytes=/i);
        for (const { start, end } of verdict.ranges) {
          expect(0 <= start && start <= end && end < size).toBe(true);
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

const opaque = fc.stringMatching(/^[!#-~\x80-\xff]{0,6}$/);
const tag = fc.record({
  isWeak: fc.boolean(),
  opaque: fc.oneof(fc.constantFrom('ours', 'our', ',', 'ours,'), opaque),
});
type Tag = { readonly isWeak: boolean; readonly opaque: string };
const writtenTag = ({ isWeak, opaque: text }: Tag): string => `${isWeak ? 'W/' : ''}"${text}"`;
const tags = fc.oneof(fc.constant('*' as const), fc.array(tag, { maxLength: 4 }));
const matches = (list: '*' | readonly Tag[], mayBeWeak: boolean): boolean =>
  list === '*' || list.some(({ isWeak, opaque: text }) => text === 'ours' && (mayBeWeak || !isWeak));

const modified = Date.UTC(2026, 10, 23, 12) / 1_000;
const validators = { etag: '"ours"', lastModified: modified };
/** Seconds beside the file's own time; null is no date. */
const beside = fc.constantFrom(-86_400, -1, 0, 1, 86_400, null);
const writtenDate = (seconds: number | null): string =>
  seconds === null ? 'Mon, 31 Feb 2026 00:00:00 GMT' : new Date((modified + seconds) * 1_000).toUTCString();

const conditions = fc.record(
  { ifMatch: tags, ifNoneMatch: tags, ifModifiedSince: beside, ifUnmodifiedSince: beside },
  { requiredKeys: [] },
);

test('preconditions of any kind, together, are weighed in the order of RFC 9110, section 13.2.2', () => {
  fc.assert(
    fc.property(conditions, fc.array(space, { minLength: 1, maxLength: 4 }), (given, gaps) => {
      const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = given;
      const listed = (list: '*' | readonly Tag[]): string =>
        list === '*' ? '*' : listOf(list.map(writtenTag), gaps);
      const headers: Record<string, string> = {
        ...(ifMatch === undefined ? {} : { 'if-match': listed(ifMatch) }),
        ...(ifNoneMatch === undefined ? {} : { 'if-none-match': listed(ifNoneMatch) }),
        ...(ifModifiedSince === undefined ? {} : { 'if-modified-since': writtenDate(ifModifiedSince) }),
        ...(ifUnmodifiedSince === undefined ? {} : { 'if-unmodified-since': writtenDate(ifUnmodifiedSince) }),
      };
      const step1 = ifMatch === undefined || matches(ifMatch, false);
      const step2 = ifMatch !== undefined || (ifUnmodifiedSince ?? 0) >= 0;
      const step3 = ifNoneMatch !== undefined && matches(ifNoneMatch, true);
      const step4 = ifNoneMatch === undefined && (ifModifiedSince ?? -1) >= 0;
      const verdict = !step1 || !step2 ? 'failed' : step3 || step4 ? 'not-modified' : 'proceed';
      expect(evaluatePreconditions((name) => headers[name] ?? null, validators)).toBe(verdict);
    }),
    { numRuns: 1_000 },
  );
});

test('If-Range lets a Range count for our strong tag and our very time, and for nothing else', () => {
  const value = fc.oneof(
    tag.map((one) => [writtenTag(one), matches([one], false)] as const),
    beside.map((seconds) => [writtenDate(seconds), seconds === 0] as const),
    fc.string().map((text) => [text, text.trim() === '"ours"'] as const),
  );
  fc.assert(
    fc.property(value, space, ([text, isOurs], gap) => {
      const header = (name: string): string | null => (name === 'if-range' ? `${gap}${text}${gap}` : null);
      expect(allowsRange(header, validators)).toBe(isOurs);
    }),
    { numRuns: 500 },
  );
});

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

test('a time in any of the three forms of HTTP-date is that time', () => {
  const now = new Date('2026-11-23T00:00:00Z');
  // Two digits of a year name one of a hundred: those up to fifty ahead.
  const time = fc.integer({ min: Date.UTC(1977, 0) / 1_000, max: Date.UTC(2076, 11) / 1_000 });
  fc.assert(
    fc.property(time, (seconds) => {
      const fixdate = new Date(seconds * 1_000).toUTCString();
      const [day = '', date = '', month = '', year = '', clock = ''] = fixdate.replace(',', '').split(' ');
      const longDay = days.find((name) => name.startsWith(day));
      const asctime = `${day} ${month} ${date.replace(/^0/, ' ')} ${clock} ${year}`;
      for (const text of [fixdate, `${longDay}, ${date}-${month}-${year.slice(2)} ${clock} GMT`, asctime]) {
        expect(parseHttpDate(text, now), text).toBe(seconds);
      }
    }),
    { numRuns: 500 },
  );
});

/** RFC 6266, section 4.1, read by hand: `filename*` in UTF-8, else `filename` as token or quoted string. */
function nameIn(header: string): string | undefined {
  const [, encoded] = /;\s*filename\*=UTF-8''([^;\s]*)/i.exec(header) ?? [];
  if (encoded !== undefined) {
    // RFC 8187, section 3.2.1: nothing but attr-char and percent-encoding.
    expect(encoded).toMatch(/^(?:[\w!#$&+\-.^`|~]|%[\dA-F]{2})*$/i);
    return decodeURIComponent(encoded);
  }
  const [, quoted, token] = /;\s*filename=(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/.exec(header) ?? [];
  return quoted?.replace(/\\(.)/g, '$1') ?? token;
}

test('a name of any characters comes out of Content-Disposition as it went in', () => {
  const name = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 100 }),
    fc.string({ unit: fc.constantFrom(...'"\\%;=*\'\r\n\0 /.é€😀a'), maxLength: 20 }),
  );
  fc.assert(
    fc.property(name, fc.constantFrom('inline' as const, 'attachment' as const), (filename, type) => {
      const header = contentDisposition(type, filename);
      expect(header).toMatch(new RegExp(`^${type};[\\x20-\\x7e]*$`));
      expect(nameIn(header)).toBe(filename.toWellFormed());
    }),
    { numRuns: 300 },
  );
});

test('what a third party calls a file is never a path, never broken, and never an error', () => {
  const named = fc.oneof(
    fc.string({ unit: 'binary' }).map((text) => Buffer.from(text).toString('latin1')),
    fc.string({ unit: fc.constantFrom(..."filename*=;\"\\/%2F0AUTF-8'' .x") }),
    fc
      .string({ unit: fc.constantFrom(...'a/\\.\n é') })
      .map((text) => contentDisposition('attachment', text)),
    fc.constant(null),
  );
  fc.assert(
    fc.property(named, fc.webPath(), (header, path) => {
      const url = new URL('https://third.example');
      url.pathname = path;
      const name = suggestedFilename(url, header);
      if (name === null) return;
      expect(name).toMatch(/^[^/\\\p{Cc}]+$/u);
      expect(name.isWellFormed()).toBe(true);
      expect([...name].length).toBeLessThanOrEqual(1_024);
    }),
    { numRuns: 1_000 },
  );
});
