/** The digests that a client announces for its bytes, and encodings, which are not taken. */
import { createHash, randomBytes } from 'node:crypto';
import type { Db } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  databaseOf,
  digestOf,
  newUploadUrl,
  outcomeOf,
  problemIn,
  put,
  sha256Of,
  stockOf,
  storedBy,
} from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

const bytes = randomBytes(300_000);
const digest = digestOf(bytes);
const wrong = digestOf('other bytes');
const base64 = createHash('sha256').update(bytes).digest('base64');
const wrongBase64 = createHash('sha256').update('other bytes').digest('base64');

let service: Service;
let db: Db;

beforeAll(async () => {
  service = await startService({ GRIDHOLD_SWEEP_INTERVAL: 'off' });
  db = await databaseOf(service);
});

type Headers = Readonly<Record<string, string>>;

const ways: readonly (readonly [
  way: string,
  send: (headers: Headers, body?: Uint8Array) => Promise<Response>,
])[] = [
  [
    'an upload URL',
    async (headers, body = bytes) => await put((await newUploadUrl(service)).url, body, headers),
  ],
  [
    'POST /files',
    async (headers, body = bytes) =>
      await fetch(`${service.url}/files`, { method: 'POST', body: Buffer.from(body), headers }),
  ],
];

describe.each(ways)('sent to %s', (_way, send) => {
  it.each<[string, Headers]>([
    ['a right Content-Digest', { 'content-digest': digest }],
    ['one beside other algorithms', { 'content-digest': `sha-512=:AAAA:, ${digest}, unknown=:YQ==:` }],
    ['one of another algorithm, which says nothing', { 'content-digest': 'sha-512=:AAAA:' }],
    ['a right Digest', { digest: `sha-256=${base64}` }],
    ['one in capitals, beside others', { digest: `md5=HUXZLQLMuI/KZ5KDcJPcOA==,SHA-256=${base64}` }],
    ['both, equal', { 'content-digest': digest, digest: `sha-256=${base64}` }],
  ])('%s is stored', async (_what, headers) => {
    expect(await storedBy(await send(headers))).toMatchObject({ sha256: sha256Of(bytes) });
  });

  it.each<[string, Headers]>([
    ['a wrong Content-Digest', { 'content-digest': wrong }],
    ['a wrong one beside a right one of another algorithm', { 'content-digest': `sha-512=:AAAA:, ${wrong}` }],
    ['a wrong Digest', { digest: `sha-256=${wrongBase64}` }],
  ])('%s is 422 CHECKSUM_MISMATCH, and stores nothing', async (_what, headers) => {
    const before = await stockOf(db);
    const problem = await problemIn(await send(headers));
    expect(problem).toMatchObject({ status: 422, code: 'CHECKSUM_MISMATCH', retryable: true });
    expect(await stockOf(db)).toEqual(before);
  });

  it.each<[string, Headers]>([
    ['without colons', { 'content-digest': `sha-256=${base64}` }],
    ['of too few bytes', { 'content-digest': 'sha-256=:YWJj:' }],
    ['that is no base64', { 'content-digest': `sha-256=:${'!'.repeat(44)}:` }],
    ['that is text', { 'content-digest': 'nonsense' }],
    ['that is empty', { 'content-digest': '' }],
    ['in the older form, of too few bytes', { digest: 'sha-256=YWJj' }],
    ['in the older form, without a value', { digest: 'sha-256' }],
    ['that is contradicted by the other', { 'content-digest': digest, digest: `sha-256=${wrongBase64}` }],
  ])('a digest %s is 400, and the header is named', async (_what, headers) => {
    const before = await stockOf(db);
    const problem = await problemIn(await send(headers));
    expect(problem).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
    expect(problem.detail).toMatch(/Digest/);
    expect(await stockOf(db)).toEqual(before);
  });

  it.each(['gzip', 'br', 'gzip, br', 'identity', 'x'])('Content-Encoding %s is 415', async (encoding) => {
    const problem = await problemIn(await send({ 'content-encoding': encoding }));
    expect(problem).toMatchObject({ status: 415, code: 'CONTENT_TYPE_NOT_ALLOWED' });
    expect(problem.detail).toContain('Content-Encoding');
  });

  it('a digest of zero bytes counts too', async () => {
    const nothing = Buffer.alloc(0);
    expect(await outcomeOf(await send({ 'content-digest': digestOf('') }, nothing))).toBe('201');
    expect(await outcomeOf(await send({ 'content-digest': digest }, nothing))).toBe('422 CHECKSUM_MISMATCH');
  });
});

describe('an upload URL that was made for a SHA-256', () => {
  it('takes those bytes only, and stays usable after others', async () => {
    const { url } = await newUploadUrl(service, { sha256: sha256Of(bytes).toUpperCase() });
    const before = await stockOf(db);
    expect(await outcomeOf(await put(url, 'other bytes'))).toBe('422 CHECKSUM_MISMATCH');
    expect(await outcomeOf(await put(url, 'other bytes', { 'content-digest': wrong }))).toBe(
      '422 CHECKSUM_MISMATCH',
    );
    expect(await stockOf(db)).toEqual(before);
    expect(await outcomeOf(await put(url, bytes))).toBe('201');
  });
});

describe('a form with a Content-Digest', () => {
  const boundary = 'the-boundary';
  const form = Buffer.concat([
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n`),
    bytes,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  const send = async (contentDigest: string, method = 'POST'): Promise<Response> =>
    await fetch((await newUploadUrl(service)).url, {
      method,
      headers: {
        'content-type': `multipart/form-data; boundary=${boundary}`,
        'content-digest': contentDigest,
      },
      body: form,
    });

  it('is checked against the form, as RFC 9530 has it, and may announce the file alone', async () => {
    expect(await storedBy(await send(digestOf(form)))).toMatchObject({ sha256: sha256Of(bytes) });
    expect(await storedBy(await send(digest))).toMatchObject({ sha256: sha256Of(bytes) });
  });

  it('is 422 where it is neither, and 400 where it is malformed', async () => {
    const before = await stockOf(db);
    expect(await outcomeOf(await send(wrong))).toBe('422 CHECKSUM_MISMATCH');
    expect(await outcomeOf(await send('sha-256=:YWJj:'))).toBe('400 BAD_USER_INPUT');
    expect(await stockOf(db)).toEqual(before);
  });
});
