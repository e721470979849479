/** What is refused before its body, and `Expect: 100-continue`, which asks for that. */
import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { RawConnection } from './support/raw-connection.ts';
import { digestOf, newUploadUrl, type Stored, sha256Of } from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

const limit = 5_000_000;
let service: Service;

beforeAll(async () => {
  service = await startService({ GRIDHOLD_MAX_UPLOAD_SIZE: String(limit) });
});

const urlFor = async (input: object = {}): Promise<string> => (await newUploadUrl(service, input)).url;

describe('a body that is told to be too long', () => {
  const form = { 'Content-Type': 'multipart/form-data; boundary=b' };

  it.each([
    ['to an upload URL', {}, limit + 1, 'PUT', null],
    ['to an upload URL of a smaller limit', { maxSize: 5 }, 6, 'POST', null],
    ['as a form, over the limit and what a form may add', {}, limit + 2_000_000, 'POST', form],
    ['to POST /files', null, limit + 1, 'POST', null],
  ])('%s is refused before it, and gets no 100', async (_what, input, length, method, headers) => {
    const url = input ? await urlFor(input) : `${service.url}/files`;
    for (const expectation of [{}, { Expect: '100-continue' }]) {
      const connection = await RawConnection.open(url);
      connection.head(method, url, { 'Content-Length': length, ...headers, ...expectation });
      const answer = await connection.answer();
      expect(answer.status).toBe(413);
      expect(JSON.parse(answer.body.toString())).toMatchObject({ code: 'FILE_TOO_LARGE' });
      connection.destroy();
    }
  });
});

describe('Expect: 100-continue', () => {
  it('is honoured with 100, and then the answer', async () => {
    const bytes = randomBytes(1_000);
    for (const url of [await urlFor(), `${service.url}/files`]) {
      const connection = await RawConnection.open(url);
      connection.head('POST', url, { 'Content-Length': bytes.byteLength, Expect: '100-continue' });
      expect((await connection.answer()).status).toBe(100);
      const answer = await connection.send(bytes).answer();
      expect(answer.status).toBe(201);
      const stored: Stored = JSON.parse(answer.body.toString());
      expect(stored.sha256).toBe(sha256Of(bytes));
      connection.destroy();
    }
  });

  it.each([
    ['a forged URL', 404, async () => `${await urlFor()}x`, {}],
    ['an encoding', 415, async () => await urlFor(), { 'Content-Encoding': 'gzip' }],
    ['a malformed digest', 400, async () => await urlFor(), { 'Content-Digest': 'sha-256=nonsense' }],
    [
      'a digest that the URL does not allow',
      422,
      async () => await urlFor({ sha256: sha256Of('one') }),
      { 'Content-Digest': digestOf('another') },
    ],
    ['a foreign page', 403, async () => `${service.url}/files`, { Origin: 'https://evil.example' }],
    ['an attachTo of one part', 400, async () => `${service.url}/files?attachTo=posts`, {}],
  ])('gets no 100 for %s: the answer is %i', async (_what, status, address, headers) => {
    const url = await address();
    const connection = await RawConnection.open(url);
    connection.head('POST', url, { 'Content-Length': 100, Expect: '100-continue', ...headers });
    expect((await connection.answer()).status).toBe(status);
    connection.destroy();
  });
});
