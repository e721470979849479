/** Large uploads that are refused early: the error that the server tells arrives, and not that of a broken connection. */
import { randomBytes } from 'node:crypto';
import {
  createGridholdClient,
  type FileSource,
  type GridholdClient,
  type StoreOptions,
  uploadTo,
} from 'gridhold/client';
import type { Db } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { databaseOf, newUploadUrl, stockOf } from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

let service: Service;
let gridhold: GridholdClient;
let db: Db;

beforeAll(async () => {
  service = await startService();
  gridhold = createGridholdClient({ url: service.url });
  db = await databaseOf(service);
});

const piece = randomBytes(500_000);
const pieces = 100;
const whole = new Blob(Array.from({ length: pieces }, () => piece));
const rounds = 20;

async function* stream(): AsyncGenerator<Uint8Array> {
  for (let count = 0; count < pieces; count++) yield piece;
}

const refusals: readonly (readonly [
  what: string,
  form: () => FileSource,
  options: StoreOptions,
  expected: { readonly code: string; readonly status: number },
])[] = [
  ['too large by its length', () => whole, { maxSize: 1_000_000 }, { code: 'FILE_TOO_LARGE', status: 413 }],
  ['a stream that gets too large', stream, { maxSize: 1_000_000 }, { code: 'FILE_TOO_LARGE', status: 413 }],
  [
    'a stream with a size that is too large',
    stream,
    { maxSize: 1_000_000, size: piece.byteLength * pieces },
    { code: 'FILE_TOO_LARGE', status: 413 },
  ],
  [
    'of a type that is not allowed',
    () => whole,
    { contentTypes: ['image/*'], contentType: 'video/mp4' },
    { code: 'CONTENT_TYPE_NOT_ALLOWED', status: 415 },
  ],
  [
    'with an encoding',
    () => whole,
    { headers: { 'content-encoding': 'gzip' } },
    { code: 'CONTENT_TYPE_NOT_ALLOWED', status: 415 },
  ],
];

describe(`50 MB that are refused, ${rounds} times`, () => {
  it.each(refusals)('%s', async (_what, form, options, expected) => {
    const before = await stockOf(db);
    for (let round = 0; round < rounds; round++) {
      const error: unknown = await gridhold.upload(form(), options).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ name: 'GridholdClientError', retryable: false, ...expected });
    }
    await expect.poll(() => stockOf(db), { timeout: 30_000 }).toEqual(before);
  });

  it('to a URL that is not known, or has stored other bytes', async () => {
    const { url } = await newUploadUrl(service);
    await uploadTo(url, Buffer.from('the first'));
    for (let round = 0; round < rounds; round++) {
      await expect(uploadTo(`${url}x`, whole)).rejects.toMatchObject({
        code: 'UPLOAD_URL_NOT_FOUND',
        status: 404,
      });
      await expect(uploadTo(url, whole)).rejects.toMatchObject({ code: 'UPLOAD_URL_USED', status: 409 });
    }
  });

  it('leaves the client as it was: the next upload is stored', async () => {
    expect(await gridhold.upload(whole)).toMatchObject({ size: whole.size });
  });
});
