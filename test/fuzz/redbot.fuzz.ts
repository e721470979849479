/** redbot on the bytes of a file: what it thinks bad of our HTTP is a finding. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { fixture, storeFile } from '../support/requests.ts';
import { startService } from '../support/service.ts';
import { fuzzPython } from './schemathesis.ts';

const run = promisify(execFile);
const program = fileURLToPath(new URL('../python/redbot_notes.py', import.meta.url));

interface Notes {
  readonly status: number;
  readonly error: string | null;
  readonly notes: readonly {
    readonly of: string;
    readonly level: 'GOOD' | 'INFO' | 'WARN' | 'BAD';
    readonly note: string;
    readonly summary: string;
  }[];
}

/** Of its warnings, those that we leave as they are. */
const reasons: Readonly<Record<string, string>> = {
  FIELD_DEPRECATED:
    "Keep-Alive is node's own: clients that read it do not send into a connection that is being closed",
  STORE_PUBLIC_UNNECESSARY:
    'with `public`, an answer may be stored also where the request had credentials: RFC 9111, 3.5',
};

let python: string;
let url: string;

beforeAll(async () => {
  python = await fuzzPython();
  const service = await startService();
  const headers = { 'content-type': 'image/jpeg' };
  url = (await storeFile(service, fixture('photo.jpg'), { headers, query: '?filename=photo.jpg' })).url;
}, 600_000);

describe('redbot', () => {
  it.each([
    ['GET', {}, 200],
    ['HEAD', {}, 200],
    ['GET', { Range: 'bytes=0-9' }, 206],
    ['GET', { Range: 'bytes=900000-' }, 416],
    ['GET', { 'If-None-Match': '*' }, 304],
  ])('finds nothing bad in the answer to %s %j', async (method, headers, status) => {
    const { stdout } = await run(python, [program, JSON.stringify({ url, method, headers })]);
    const found: Notes = JSON.parse(stdout);
    expect(found).toMatchObject({ status, error: null });
    expect(found.notes.filter(({ level }) => level === 'GOOD').length).toBeGreaterThan(0);
    const findings = found.notes.filter(
      ({ level, note }) => level === 'BAD' || (level === 'WARN' && !(note in reasons)),
    );
    expect(findings).toEqual([]);
  });

  it('sees that ranges and conditions work', async () => {
    const { stdout } = await run(python, [program, JSON.stringify({ url, method: 'GET', headers: {} })]);
    const { notes }: Notes = JSON.parse(stdout);
    const good = notes.filter(({ level }) => level === 'GOOD').map(({ note }) => note);
    expect(good).toEqual(expect.arrayContaining(['INM_304', 'IMS_304', 'RANGE_CORRECT', 'CL_CORRECT']));
  });
});
