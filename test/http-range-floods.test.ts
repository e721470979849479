/** `Range` headers that ask for far more than a file: what each costs is bounded. */
import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseRange } from '../src/http/serving/ranges.ts';
import { RawConnection } from './support/raw-connection.ts';
import { type Stored, storeFile } from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

const bytes = randomBytes(600_000);
let service: Service;
let stored: Stored;

beforeAll(async () => {
  service = await startService();
  stored = await storeFile(service, bytes);
});

const get = async (range: string): Promise<Response> => await fetch(stored.url, { headers: { range } });

describe('range floods', () => {
  it.each([
    ['the whole file again and again', `bytes=${Array.from({ length: 4_000 }, () => '0-').join(',')}`],
    ['50 times the whole file', `bytes=${Array.from({ length: 50 }, () => '0-').join(',')}`],
    [
      'a byte here and there, thousands of times',
      `bytes=${Array.from({ length: 2_500 }, (_, index) => `${index * 2}-`).join(',')}`,
    ],
    [
      'nested ones',
      `bytes=${Array.from({ length: 50 }, (_, index) => `${index}-${599_999 - index}`).join(',')}`,
    ],
    [
      'overlapping ones in reverse',
      `bytes=${Array.from({ length: 50 }, (_, index) => `${49 - index}-`).join(',')}`,
    ],
  ])('%s: get the file once', async (_what, range) => {
    const response = await get(range);
    expect(response.status).toBe(200);
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
  });

  it('10,000 ranges are more than a header may hold, and are refused before they are read', async () => {
    const connection = await RawConnection.open(service.url);
    connection.head('GET', stored.url, {
      Range: `bytes=${Array.from({ length: 10_000 }, () => '0-').join(',')}`,
    });
    const answer = await connection.answer();
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ code: 'REQUEST_TOO_LARGE' });
    connection.destroy();
  });

  it('as many small ranges as may be cost little more than their bytes', async () => {
    const range = `bytes=${Array.from({ length: 50 }, (_, index) => `${index * 12_000}-${index * 12_000}`).join(',')}`;
    const response = await get(range);
    expect(response.status).toBe(206);
    expect(Number(response.headers.get('content-length'))).toBeLessThan(50 * 200);
    await response.arrayBuffer();
  });

  it('of a million ranges, from a frame that bounds no headers, is judged at once', () => {
    const began = performance.now();
    const flood = `bytes=${Array.from({ length: 1_000_000 }, () => '0-').join(',')}`;
    expect(parseRange(flood, 1_000)).toEqual({ kind: 'whole' });
    expect(parseRange(`bytes=${','.repeat(1_000_000)}0-1`, 1_000).kind).toBe('parts');
    expect(parseRange(`bytes=${'9'.repeat(100_000)}-`, 1_000)).toEqual({ kind: 'unsatisfiable' });
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});
