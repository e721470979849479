/** Limits, right to the byte, by every way in. */
import { randomBytes } from 'node:crypto';
import type { Db } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { chunkOf, lastChunk, RawConnection } from './support/raw-connection.ts';
import {
  databaseOf,
  fixture,
  newUploadUrl,
  outcomeOf,
  problemIn,
  put,
  sha256Of,
  stockOf,
  storedBy,
} from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

/** More than two batches of chunks, so that some of a file that is too large have been written when it is refused. */
const limit = 5_000_000;
let service: Service;
let db: Db;

beforeAll(async () => {
  service = await startService({ GRIDHOLD_MAX_UPLOAD_SIZE: String(limit), GRIDHOLD_SWEEP_INTERVAL: 'off' });
  db = await databaseOf(service);
});

const urlFor = async (input: object = {}): Promise<string> => (await newUploadUrl(service, input)).url;

/** Without a length, as fetch sends a stream. */
async function chunked(url: string, method: string, bytes: Uint8Array): Promise<Response> {
  let start = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (start >= bytes.byteLength) return controller.close();
      controller.enqueue(bytes.subarray(start, start + 100_000));
      start += 100_000;
    },
  });
  const request = { method, body, duplex: 'half' };
  return await fetch(url, request);
}

function formOf(bytes: Uint8Array): FormData {
  const form = new FormData();
  form.append('file', new Blob([Buffer.from(bytes)]), 'a.bin');
  return form;
}

async function byGraphql(bytes: Uint8Array, input: object): Promise<string> {
  const form = new FormData();
  const query =
    'mutation ($file: Upload!, $input: StoreFileInput) { uploadFile(file: $file, input: $input) { size sha256 } }';
  form.append('operations', JSON.stringify({ query, variables: { file: null, input } }));
  form.append('map', JSON.stringify({ 0: ['variables.file'] }));
  form.append('0', new Blob([Buffer.from(bytes)]), 'a.bin');
  const headers = { 'apollo-require-preflight': 'true' };
  const response = await fetch(`${service.url}/graphql`, { method: 'POST', headers, body: form });
  const { data, errors } = (await response.json()) as {
    data: { uploadFile: { size: number; sha256: string } } | null;
    errors?: { extensions: { code: string; maxSize: number } }[];
  };
  const [error] = errors ?? [];
  if (error) return `${error.extensions.code} ${error.extensions.maxSize}`;
  expect(data?.uploadFile).toEqual({ size: bytes.byteLength, sha256: sha256Of(bytes) });
  return 'stored';
}

async function byRest(response: Response, bytes: Uint8Array): Promise<string> {
  if (response.status !== 201) {
    const problem = await problemIn(response);
    expect(problem.status).toBe(413);
    return `${problem.code} ${problem.maxSize}`;
  }
  expect(await storedBy(response)).toMatchObject({ size: bytes.byteLength, sha256: sha256Of(bytes) });
  return 'stored';
}

type Send = (bytes: Uint8Array, input: { readonly maxSize?: number }) => Promise<string>;

const uploads: readonly (readonly [way: string, send: Send])[] = [
  [
    'a raw body with its length',
    async (bytes, input) => await byRest(await put(await urlFor(input), bytes), bytes),
  ],
  [
    'a chunked body',
    async (bytes, input) => await byRest(await chunked(await urlFor(input), 'PUT', bytes), bytes),
  ],
  [
    'a form',
    async (bytes, input) =>
      await byRest(await fetch(await urlFor(input), { method: 'POST', body: formOf(bytes) }), bytes),
  ],
  ['uploadFile in GraphQL', byGraphql],
];

const ways: readonly (readonly [way: string, send: Send])[] = [
  ...uploads,
  [
    'POST /files with its length',
    async (bytes) =>
      await byRest(await fetch(`${service.url}/files`, { method: 'POST', body: Buffer.from(bytes) }), bytes),
  ],
  [
    'a chunked POST /files',
    async (bytes) => await byRest(await chunked(`${service.url}/files`, 'POST', bytes), bytes),
  ],
];

describe('the limit of the settings', () => {
  it.each(ways)('by %s: exactly as much is stored, and one byte more leaves nothing', async (_way, send) => {
    expect(await send(randomBytes(limit), {})).toBe('stored');
    const before = await stockOf(db);
    expect(await send(randomBytes(limit + 1), {})).toBe(`FILE_TOO_LARGE ${limit}`);
    expect(await stockOf(db)).toEqual(before);
  });

  it.each(ways)('by %s: far more than it leaves nothing', async (_way, send) => {
    const before = await stockOf(db);
    expect(await send(randomBytes(3 * limit), {})).toBe(`FILE_TOO_LARGE ${limit}`);
    expect(await stockOf(db)).toEqual(before);
  });
});

describe('the limit of the input', () => {
  it.each(uploads)('by %s: it counts to the byte where it is the smaller', async (_way, send) => {
    expect(await send(randomBytes(300_000), { maxSize: 300_000 })).toBe('stored');
    const before = await stockOf(db);
    expect(await send(randomBytes(300_001), { maxSize: 300_000 })).toBe('FILE_TOO_LARGE 300000');
    expect(await send(randomBytes(limit), { maxSize: 300_000 })).toBe('FILE_TOO_LARGE 300000');
    expect(await stockOf(db)).toEqual(before);
    expect(await send(randomBytes(limit + 1), { maxSize: 10 * limit })).toBe(`FILE_TOO_LARGE ${limit}`);
    expect(await stockOf(db)).toEqual(before);
  });

  it('leaves the URL usable when it was passed', async () => {
    const url = await urlFor({ maxSize: 10 });
    expect(await outcomeOf(await put(url, 'eleven byte'))).toBe('413 FILE_TOO_LARGE');
    expect(await outcomeOf(await put(url, 'ten bytes!'))).toBe('201');
  });
});

describe('a chunked body', () => {
  it('is refused at the first byte over the limit, and not before', async () => {
    const url = await urlFor({ maxSize: 1_000 });
    const connection = await RawConnection.open(url);
    connection.head('PUT', url, { 'Transfer-Encoding': 'chunked' }).send(chunkOf(randomBytes(1_000)));
    const early = await Promise.race([
      connection.answer().then(({ status }) => status),
      new Promise((resolve) => setTimeout(resolve, 300, 'no answer yet')),
    ]);
    expect(early).toBe('no answer yet');
    connection.destroy();

    const other = await urlFor({ maxSize: 1_000 });
    const second = await RawConnection.open(other);
    second
      .head('PUT', other, { 'Transfer-Encoding': 'chunked' })
      .send(chunkOf(randomBytes(1_000)), chunkOf('x'));
    const answer = await second.answer();
    expect(answer.status).toBe(413);
    second.destroy();
  });

  it('of exactly the limit is stored when its end comes', async () => {
    const url = await urlFor({ maxSize: 1_000 });
    const bytes = randomBytes(1_000);
    const connection = await RawConnection.open(url);
    connection.head('PUT', url, { 'Transfer-Encoding': 'chunked' });
    for (let start = 0; start < 1_000; start += 250)
      connection.send(chunkOf(bytes.subarray(start, start + 250)));
    const answer = await connection.send(lastChunk).answer();
    expect(answer.status).toBe(201);
    connection.destroy();
  });
});

describe('a type that the upload URL does not allow', () => {
  it('is 415 with what was declared, detected and allowed, and stores nothing', async () => {
    const url = await urlFor({ contentTypes: ['image/*'] });
    const before = await stockOf(db);
    const problem = await problemIn(await put(url, '%PDF-1.7 and so on', { 'content-type': 'image/png' }));
    expect(problem).toMatchObject({
      status: 415,
      code: 'CONTENT_TYPE_NOT_ALLOWED',
      declared: 'image/png',
      detected: 'application/pdf',
      allowed: ['image/*'],
    });
    expect(await outcomeOf(await put(url, 'text', { 'content-type': 'text/plain' }))).toBe(
      '415 CONTENT_TYPE_NOT_ALLOWED',
    );
    const large = Buffer.concat([Buffer.from('%PDF-1.7'), randomBytes(limit - 8)]);
    expect(await outcomeOf(await put(url, large, { 'content-type': 'image/png' }))).toBe(
      '415 CONTENT_TYPE_NOT_ALLOWED',
    );
    expect(await stockOf(db)).toEqual(before);
    expect(await outcomeOf(await put(url, fixture('picture.png'), { 'content-type': 'image/png' }))).toBe(
      '201',
    );
  });
});
