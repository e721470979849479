/** `Range` and `If-Range` (RFC 9110, sections 14 and 13.1.5) on a file of three chunks. */
import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { problemIn, type Stored, sha256Of, storeFile } from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

const size = 700_001;
const bytes = randomBytes(size);
/** What a chunk holds: ranges are tried across its border. */
const chunkBytes = 255 * 1_024;

let service: Service;
let stored: Stored;

beforeAll(async () => {
  service = await startService();
  stored = await storeFile(service, bytes, { headers: { 'content-type': 'audio/x-test' } });
});

const get = async (headers: Record<string, string>): Promise<Response> =>
  await fetch(stored.url, { headers });

async function bodyOf(response: Response): Promise<Buffer> {
  const body = Buffer.from(await response.arrayBuffer());
  expect(response.headers.get('content-length')).toBe(String(body.byteLength));
  return body;
}

async function expectPart(response: Response, start: number, end: number): Promise<void> {
  expect(response.status).toBe(206);
  expect(response.headers.get('content-range')).toBe(`bytes ${start}-${end}/${size}`);
  expect(response.headers.get('content-type')).toBe('audio/x-test');
  expect(response.headers.get('etag')).toBe(`"${sha256Of(bytes)}"`);
  expect((await bodyOf(response)).equals(bytes.subarray(start, end + 1))).toBe(true);
}

async function expectWhole(response: Response): Promise<void> {
  expect(response.status).toBe(200);
  expect(response.headers.has('content-range')).toBe(false);
  expect((await bodyOf(response)).equals(bytes)).toBe(true);
}

/** Reads a `multipart/byteranges` body by its grammar (RFC 9110, section 14.6), and checks every part's bytes. */
async function expectParts(
  response: Response,
  expected: readonly (readonly [start: number, end: number])[],
): Promise<void> {
  expect(response.status).toBe(206);
  expect(response.headers.has('content-range')).toBe(false);
  const boundary =
    /^multipart\/byteranges; boundary=([\w-]{1,70})$/.exec(response.headers.get('content-type') ?? '')?.[1] ??
    '';
  let rest = await bodyOf(response);
  const found: [number, number][] = [];
  for (;;) {
    const delimiter = Buffer.from(`\r\n--${boundary}`);
    expect(rest.subarray(0, delimiter.byteLength).equals(delimiter)).toBe(true);
    rest = rest.subarray(delimiter.byteLength);
    if (rest.toString('latin1') === '--\r\n') break;
    const headEnd = rest.indexOf('\r\n\r\n');
    const head = rest.subarray(0, headEnd).toString('latin1');
    const range = /^\r\nContent-Type: audio\/x-test\r\nContent-Range: bytes (\d+)-(\d+)\/700001$/.exec(head);
    expect(range, head).not.toBeNull();
    const start = Number(range?.[1]);
    const end = Number(range?.[2]);
    const length = end - start + 1;
    const body = rest.subarray(headEnd + 4, headEnd + 4 + length);
    expect(body.equals(bytes.subarray(start, end + 1))).toBe(true);
    found.push([start, end]);
    rest = rest.subarray(headEnd + 4 + length);
  }
  expect(found).toEqual(expected);
}

describe('a single range', () => {
  it.each([
    ['bytes=0-0', 0, 0],
    ['bytes=5-10', 5, 10],
    ['bytes=0-', 0, size - 1],
    ['bytes=700000-', size - 1, size - 1],
    ['bytes=-1', size - 1, size - 1],
    ['bytes=-500', size - 500, size - 1],
    ['bytes=-99999999', 0, size - 1],
    ['bytes=600000-99999999', 600_000, size - 1],
    ['bytes=0-99999999999999999999999999', 0, size - 1],
    [`bytes=${chunkBytes - 1}-${chunkBytes}`, chunkBytes - 1, chunkBytes],
    [`bytes=${chunkBytes}-${2 * chunkBytes - 1}`, chunkBytes, 2 * chunkBytes - 1],
    [`bytes=100-${2 * chunkBytes + 100}`, 100, 2 * chunkBytes + 100],
    ['Bytes=1-2', 1, 2],
    ['bytes=,1-2,', 1, 2],
    ['bytes=1-2, 800000-900000', 1, 2],
    ['bytes=00000000001-0002', 1, 2],
  ])('%s is bytes %i to %i', async (range, start, end) => {
    await expectPart(await get({ range }), start, end);
  });
});

describe('a Range that is of another unit, or in any part invalid', () => {
  it.each([
    'items=0-1',
    'bytes',
    'bytes=',
    'bytes=,',
    'bytes=-',
    'bytes=5-2',
    'bytes=0-1,5-2',
    'bytes=a-b',
    'bytes=0-1-2',
    'bytes=+1-2',
    'bytes=0x0-0x1',
    'bytes=1.0-2',
    'bytes=1 - 2',
    'bytes 0-1',
    'bytes=0-1;q=1',
    'bytes=0-1, bytes=2-3',
    'bytes=99999999999999999999-99999999999999999998',
    'none',
  ])('%s gets the whole file', async (range) => {
    await expectWhole(await get({ range }));
  });
});

describe('a Range that is valid and that nothing satisfies', () => {
  it.each([
    'bytes=700001-',
    'bytes=700001-700002',
    'bytes=-0',
    'bytes=9999999-, -0',
    'bytes=99999999999999999999-',
  ])('%s gets 416 with the size', async (range) => {
    const response = await get({ range });
    expect(response.headers.get('content-range')).toBe(`bytes */${size}`);
    expect(await problemIn(response)).toMatchObject({ status: 416, code: 'RANGE_NOT_SATISFIABLE' });
  });
});

describe('several ranges', () => {
  it.each<[string, [number, number][]]>([
    [
      'bytes=0-0,10-19',
      [
        [0, 0],
        [10, 19],
      ],
    ],
    [
      'bytes=0-0, 10-19 ,-5',
      [
        [0, 0],
        [10, 19],
        [size - 5, size - 1],
      ],
    ],
    [
      'bytes=300000-300009,0-9',
      [
        [300_000, 300_009],
        [0, 9],
      ],
    ],
    [
      `bytes=0-9,${chunkBytes - 5}-${chunkBytes + 5}`,
      [
        [0, 9],
        [chunkBytes - 5, chunkBytes + 5],
      ],
    ],
    [
      'bytes=0-9,20-29,5-12',
      [
        [0, 12],
        [20, 29],
      ],
    ],
    [
      'bytes=20-29,0-9,10-12',
      [
        [20, 29],
        [0, 12],
      ],
    ],
    [
      'bytes=0-9,800000-,20-29',
      [
        [0, 9],
        [20, 29],
      ],
    ],
  ])('%s come as parts', async (range, expected) => {
    await expectParts(await get({ range }), expected);
  });

  it.each([
    ['bytes=0-9,5-19', 0, 19],
    ['bytes=0-9,10-19', 0, 19],
    ['bytes=10-19,0-9', 0, 19],
    ['bytes=0-99,20-30', 0, 99],
    ['bytes=5-6,5-6', 5, 6],
    ['bytes=0-9,10-19,15-29,30-39', 0, 39],
  ])('%s, merged, leave one: a plain 206', async (range, start, end) => {
    await expectPart(await get({ range }), start, end);
  });

  it('are served up to 50; more, or more bytes than the file has, get the whole file', async () => {
    const ranges = Array.from({ length: 51 }, (_, index) => [index * 100, index * 100 + 9] as const);
    const header = (count: number): string =>
      `bytes=${ranges.slice(0, count).map(([start, end]) => `${start}-${end}`)}`;
    await expectParts(await get({ range: header(50) }), ranges.slice(0, 50));
    await expectWhole(await get({ range: header(51) }));
    await expectWhole(await get({ range: 'bytes=0-400000,5-400000' }));
    await expectWhole(await get({ range: 'bytes=0-,0-' }));
    await expectPart(await get({ range: 'bytes=0-350000,350001-' }), 0, size - 1);
  });
});

describe('If-Range', () => {
  const range = 'bytes=0-9';
  const shifted = async (seconds: number): Promise<string> => {
    const modified = (await get({})).headers.get('last-modified') ?? '';
    return new Date(Date.parse(modified) + seconds * 1_000).toUTCString();
  };

  it('that names these bytes, by tag or by date, lets Range count', async () => {
    await expectPart(await get({ range, 'if-range': `"${sha256Of(bytes)}"` }), 0, 9);
    await expectPart(await get({ range, 'if-range': await shifted(0) }), 0, 9);
  });

  it('that does not, gets the whole file', async () => {
    const others = [
      '"other"',
      `W/"${sha256Of(bytes)}"`,
      sha256Of(bytes),
      `"${sha256Of(bytes)}", "other"`,
      '*',
      'nonsense',
      await shifted(-1),
      await shifted(1),
      await shifted(-86_400),
    ];
    for (const ifRange of others) await expectWhole(await get({ range, 'if-range': ifRange }));
  });

  it('without Range means nothing, and hides a Range that nothing satisfies', async () => {
    await expectWhole(await get({ 'if-range': `"${sha256Of(bytes)}"` }));
    await expectWhole(await get({ range: 'bytes=9999999-', 'if-range': '"other"' }));
    expect((await get({ range: 'bytes=9999999-', 'if-range': `"${sha256Of(bytes)}"` })).status).toBe(416);
  });
});
