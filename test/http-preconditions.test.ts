/** Conditional requests, and their order (RFC 9110, sections 13.1 and 13.2.2). */
import { beforeAll, describe, expect, it } from 'vitest';
import { problemIn, type Stored, sha256Of, storeFile } from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

const text = 'conditional';
const tag = `"${sha256Of(text)}"`;

let service: Service;
let stored: Stored;
let modified: number;

beforeAll(async () => {
  service = await startService();
  stored = await storeFile(service, text);
  modified = Date.parse((await fetch(stored.url)).headers.get('last-modified') ?? '');
});

/** Seconds after the file was stored. */
const at = (seconds: number): string => new Date(modified + seconds * 1_000).toUTCString();

type Headers = Readonly<Record<string, string>>;

async function statuses(headers: Headers): Promise<number> {
  const get = await fetch(stored.url, { headers });
  const { range: _, 'if-range': __, ...conditions } = headers;
  const head = await fetch(stored.url, { method: 'HEAD', headers: conditions });
  // HEAD as GET, but for ranges.
  expect(head.status).toBe(get.status === 206 || get.status === 416 ? 200 : get.status);
  if (get.status === 412) expect(await problemIn(get)).toMatchObject({ code: 'PRECONDITION_FAILED' });
  else await get.arrayBuffer();
  return get.status;
}

describe('If-None-Match', () => {
  it.each([
    [() => tag],
    [() => `W/${tag}`],
    [() => `"other", ${tag}`],
    [() => `W/"x","a,b",${tag}`],
    [() => '*'],
    [() => ' * '],
  ])('that names these bytes is 304', async (value) => {
    expect(await statuses({ 'if-none-match': value() })).toBe(304);
  });

  it.each(['"other"', 'W/"other"', sha256Of(text), '', '"', 'x"y'])('%j is 200', async (value) => {
    expect(await statuses({ 'if-none-match': value })).toBe(200);
  });
});

describe('If-Match', () => {
  it.each([[() => tag], [() => `"other" , ${tag}`], [() => '*']])(
    'that names these bytes is 200',
    async (value) => {
      expect(await statuses({ 'if-match': value() })).toBe(200);
    },
  );

  it.each(['"other"', `W/${tag}`, sha256Of(text), 'nonsense'])(
    '%j is 412: weak tags never match',
    async (value) => {
      expect(await statuses({ 'if-match': value })).toBe(412);
    },
  );
});

describe('dates', () => {
  it('If-Modified-Since is 304 from the moment on, and 200 before it', async () => {
    expect(await statuses({ 'if-modified-since': at(0) })).toBe(304);
    expect(await statuses({ 'if-modified-since': at(3_600) })).toBe(304);
    expect(await statuses({ 'if-modified-since': at(-1) })).toBe(200);
  });

  it('If-Unmodified-Since is 200 from the moment on, and 412 before it', async () => {
    expect(await statuses({ 'if-unmodified-since': at(0) })).toBe(200);
    expect(await statuses({ 'if-unmodified-since': at(3_600) })).toBe(200);
    expect(await statuses({ 'if-unmodified-since': at(-1) })).toBe(412);
  });

  it('count in the obsolete forms too (section 5.6.7)', async () => {
    expect(await statuses({ 'if-modified-since': 'Sunday, 06-Nov-94 08:49:37 GMT' })).toBe(200);
    expect(await statuses({ 'if-unmodified-since': 'Sunday, 06-Nov-94 08:49:37 GMT' })).toBe(412);
    expect(await statuses({ 'if-unmodified-since': 'Sun Nov  6 08:49:37 1994' })).toBe(412);
  });

  it.each([
    'nonsense',
    '',
    '2099-01-01T00:00:00Z',
    '4102444800',
    'Fri, 32 Jan 2099 00:00:00 GMT',
    'Thu, 01 Jan 2099 00:00:00 +0000',
  ])('%j is no date, and as if it were not there', async (value) => {
    expect(await statuses({ 'if-modified-since': value })).toBe(200);
    expect(await statuses({ 'if-unmodified-since': value })).toBe(200);
  });
});

describe('the order of preconditions', () => {
  it.each<[string, () => Headers, number]>([
    [
      'If-Match holds: If-Unmodified-Since is not asked',
      () => ({ 'if-match': tag, 'if-unmodified-since': at(-10) }),
      200,
    ],
    [
      'If-Match fails: a date that holds does not help',
      () => ({ 'if-match': '"x"', 'if-unmodified-since': at(10) }),
      412,
    ],
    [
      'If-None-Match fails: If-Modified-Since is not asked',
      () => ({ 'if-none-match': '"x"', 'if-modified-since': at(10) }),
      200,
    ],
    [
      'If-None-Match holds: an old date does not help',
      () => ({ 'if-none-match': tag, 'if-modified-since': at(-10) }),
      304,
    ],
    ['If-Match comes before If-None-Match', () => ({ 'if-match': '"x"', 'if-none-match': tag }), 412],
    ['both hold', () => ({ 'if-match': tag, 'if-none-match': tag }), 304],
    [
      'If-Unmodified-Since comes before If-None-Match',
      () => ({ 'if-unmodified-since': at(-10), 'if-none-match': tag }),
      412,
    ],
    [
      'If-Unmodified-Since comes before If-Modified-Since',
      () => ({ 'if-unmodified-since': at(-10), 'if-modified-since': at(10) }),
      412,
    ],
    ['412 comes before Range', () => ({ 'if-match': '"x"', range: 'bytes=0-1' }), 412],
    ['412 comes before 416', () => ({ 'if-match': '"x"', range: 'bytes=999-' }), 412],
    ['304 comes before Range', () => ({ 'if-none-match': tag, range: 'bytes=0-1' }), 304],
    ['304 comes before 416', () => ({ 'if-none-match': tag, range: 'bytes=999-' }), 304],
    ['conditions that hold let Range count', () => ({ 'if-match': tag, range: 'bytes=0-1' }), 206],
    ['If-Range comes last', () => ({ 'if-match': tag, 'if-range': '"x"', range: 'bytes=0-1' }), 200],
  ])('%s', async (_what, headers, status) => {
    expect(await statuses(headers())).toBe(status);
  });
});

describe('304', () => {
  it('has no body, and the headers that guide caches', async () => {
    const response = await fetch(stored.url, { headers: { 'if-none-match': tag } });
    expect(await response.text()).toBe('');
    expect(Object.fromEntries(response.headers)).toMatchObject({
      etag: tag,
      'cache-control': 'public, max-age=3600, immutable',
      'cache-tag': stored.id,
      date: expect.any(String),
    });
    expect(response.headers.has('content-type')).toBe(false);
    expect(response.headers.has('content-length')).toBe(false);
  });
});
