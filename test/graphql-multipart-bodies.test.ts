/** Multipart bodies that are broken as bytes: each has an answer with a code, at once, and nothing is stored. */
import { randomBytes } from 'node:crypto';
import type { Db } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './support/eventually.ts';
import { expectRefusal, expectService } from './support/multipart-outcomes.ts';
import { csrfHeader, multipartBody, openPost, uploadParts } from './support/multipart-request.ts';
import { databaseOf, stockOf } from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

let service: Service;
let db: Db;
beforeAll(async () => {
  service = await startService();
  db = await databaseOf(service);
});

const refused = (
  bytes: Uint8Array,
  codes?: readonly string[],
  headers?: Record<string, string>,
): Promise<void> => expectRefusal({ service, db }, bytes, codes, headers);

describe('the body', () => {
  const whole = multipartBody(uploadParts('content'));

  it.each([
    ['multipart/form-data'],
    ['multipart/form-data; boundary='],
    ['multipart/form-data; boundary=another'],
    ['multipart/form-data; boundary="unclosed'],
    ['multipart/form-data; charset=utf-16'],
  ])('of the type %j: BAD_USER_INPUT', async (contentType) => {
    await refused(whole, ['BAD_USER_INPUT'], { ...csrfHeader, 'content-type': contentType });
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['noise', randomBytes(100_000)],
    ['a beginning only', whole.subarray(0, 40)],
    ['operations that end midway', whole.subarray(0, 150)],
    ['a file that ends midway', whole.subarray(0, whole.byteLength - 40)],
    ['no last boundary', whole.subarray(0, whole.byteLength - 4)],
    ['a megabyte of line breaks', Buffer.alloc(1_000_000, '\r\n')],
    [
      'a part with a head of a megabyte',
      Buffer.from(`--gridhold-test-boundary\r\nX: ${'x'.repeat(1_000_000)}\r\n\r\n`),
    ],
  ])('of %s: BAD_USER_INPUT', async (_what, bytes) => {
    await refused(bytes, ['BAD_USER_INPUT', 'REQUEST_TOO_LARGE']);
    await expectService(service);
  });

  it('that is compressed is 415', async () => {
    await refused(whole, ['CONTENT_TYPE_NOT_ALLOWED'], { ...csrfHeader, 'content-encoding': 'gzip' });
  });

  it('that says so by Content-Length and ends before it stores nothing', async () => {
    const before = await stockOf(db);
    const { request, answer } = openPost(service.url, {
      'content-type': 'multipart/form-data; boundary=gridhold-test-boundary',
      'content-length': whole.byteLength,
      ...csrfHeader,
    });
    request.write(whole.subarray(0, whole.byteLength - 50));
    // The sending half ends; the client would still read an answer.
    request.once('socket', (socket) => socket.once('connect', () => setTimeout(() => socket.end(), 100)));
    const outcome = await answer.catch(() => null);
    if (outcome) {
      expect(outcome.status).toBe(400);
      expect(outcome.text).toMatch(/LENGTH_MISMATCH|BAD_USER_INPUT/);
    }
    await eventually(() => stockOf(db)).toEqual(before);
    await expectService(service);
  });

  it('that comes byte by byte is as good as any', async () => {
    const { request, answer } = openPost(service.url, {
      'content-type': 'multipart/form-data; boundary=gridhold-test-boundary',
      'transfer-encoding': 'chunked',
      ...csrfHeader,
    });
    for (const byte of whole) {
      request.write(new Uint8Array([byte]));
      if (byte % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    request.end();
    expect(JSON.parse((await answer).text)).toMatchObject({ data: { uploadFile: { size: 7 } } });
  });
});
