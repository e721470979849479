/** An upload URL that is sent to again: by a client that lost the answer, by another one, at the same time. */
import { createHash } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { IncomingBytes, StoreResult } from '../src/domain/incoming-bytes.ts';
import type { UploadUrl } from '../src/domain/model.ts';
import type { UseCases } from '../src/domain/use-cases.ts';
import { brokenInvariants } from './support/invariants.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { uploadUrlCalls } from './support/upload-url-calls.ts';
import { codeOf, incomingOf, refusalOf, untouchable } from './support/use-case-input.ts';

const sha256Of = (bytes: string): string => createHash('sha256').update(bytes).digest('hex');
let store: TestGridhold;
let rules: UseCases;

beforeAll(async () => {
  store = await openTestGridhold();
  rules = store.gridhold.useCases;
});

afterEach(async () => {
  expect(await brokenInvariants(store.db)).toEqual([]);
});

const { make, send, see } = uploadUrlCalls(() => rules);

describe('used', () => {
  test('it answers the same bytes with the same file, and stores nothing', async () => {
    const uploadUrl = await make();
    const { file } = await send(uploadUrl, incomingOf('the bytes'));
    const chunks = await store.db.collection('blobs.chunks').countDocuments();
    expect(await send(uploadUrl, incomingOf('the bytes'))).toEqual({ file, created: false });
    expect(await send(uploadUrl, incomingOf('the bytes', { declaredLength: 9 }))).toEqual({
      file,
      created: false,
    });
    expect(await store.db.collection('files').countDocuments()).toBe(1);
    expect(await store.db.collection('blobs.chunks').countDocuments()).toBe(chunks);
    expect(await store.db.collection('leases').countDocuments()).toBe(0);
  });

  test('it answers an announced hash before the body', async () => {
    const uploadUrl = await make();
    const { file } = await send(uploadUrl, incomingOf('announced'));
    const again = untouchable({ sha256: sha256Of('announced') });
    expect(await send(uploadUrl, again)).toEqual({ file, created: false });
  });

  test.each<[string, IncomingBytes]>([
    ['of the same length', incomingOf('the bytez')],
    ['that are shorter', incomingOf('the')],
    ['that are longer', incomingOf('the bytes and more')],
    ['that are none', incomingOf('')],
    ['of another announced length, before the body', untouchable({ declaredLength: 8 })],
  ])('it refuses other bytes %s', async (_, incoming) => {
    const uploadUrl = await make();
    await send(uploadUrl, incomingOf('the bytes'));
    expect(await codeOf(send(uploadUrl, incoming))).toBe('UPLOAD_URL_USED');
  });

  test('it refuses bytes that are not what was announced', async () => {
    const uploadUrl = await make();
    await send(uploadUrl, incomingOf('the bytes'));
    const lying = incomingOf('the bytes', { sha256: sha256Of('other') });
    expect(await codeOf(send(uploadUrl, lying))).toBe('CHECKSUM_MISMATCH');
  });

  test('it does not read on once there are more bytes than it has stored', async () => {
    const uploadUrl = await make();
    await send(uploadUrl, incomingOf('abc'));
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) yield Buffer.from('abc');
    }
    expect(await codeOf(send(uploadUrl, incomingOf(endless())))).toBe('UPLOAD_URL_USED');
  });

  test('it answers the same bytes after its end, for it has stored', async () => {
    const uploadUrl = await make();
    const { file } = await send(uploadUrl, incomingOf('late'));
    await store.db
      .collection('uploadUrls')
      .updateMany({}, { $set: { expiresAt: new Date(Date.now() - 1_000) } });
    expect(await send(uploadUrl, incomingOf('late'))).toEqual({ file, created: false });
    expect(await see(uploadUrl)).toMatchObject({ status: 'STORED' });
  });

  test('it is used up once its file is gone, even for the same bytes', async () => {
    const uploadUrl = await make();
    const { file } = await send(uploadUrl, incomingOf('gone'));
    await store.gridhold.delete({ id: file.id });
    expect(await codeOf(send(uploadUrl, incomingOf('gone')))).toBe('UPLOAD_URL_USED');
    expect(await codeOf(send(uploadUrl, incomingOf('gone', { sha256: sha256Of('gone') })))).toBe(
      'UPLOAD_URL_USED',
    );
    expect(await see(uploadUrl)).toMatchObject({ status: 'STORED', fileId: file.id });
  });

  test('stores one file, however many send at once', async () => {
    const uploadUrl = await make();
    const results = await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (;;) {
          const outcome = await send(uploadUrl, incomingOf('at once')).catch(
            (error: Error & { code?: string }) => error,
          );
          if (!(outcome instanceof Error)) return outcome;
          expect(outcome.code).toBe('UPLOAD_IN_PROGRESS');
        }
      }),
    );
    expect(new Set(results.map(({ file }) => file.id)).size).toBe(1);
    expect(results.filter(({ created }) => created)).toHaveLength(1);
  });
});

describe('while a request sends to it', () => {
  /** A request whose client has sent some bytes and is thinking. */
  async function sending(uploadUrl: UploadUrl): Promise<{ body: PassThrough; result: Promise<StoreResult> }> {
    const body = new PassThrough();
    body.write('first, ');
    const result = send(uploadUrl, incomingOf(body));
    result.catch(() => undefined);
    await expect
      .poll(() => see(uploadUrl), { timeout: 10_000 })
      .toMatchObject({ status: 'RECEIVING', receivedBytes: 7 });
    return { body, result };
  }
  const standStill = (): Promise<unknown> =>
    store.db
      .collection('leases')
      .updateMany({ why: 'writing' }, { $set: { progressAt: new Date(Date.now() - 10_500) } });

  test('another one is told to come back, and its body is not asked for', async () => {
    const uploadUrl = await make();
    const { body, result } = await sending(uploadUrl);
    const refusal = await refusalOf(send(uploadUrl, untouchable()));
    expect(refusal).toMatchObject({
      code: 'UPLOAD_IN_PROGRESS',
      retryable: true,
      details: { retryAfter: 10 },
    });
    body.end('second');
    expect((await result).file.size).toBe(13);
    expect(await see(uploadUrl)).toMatchObject({ status: 'STORED', receivedBytes: 13, error: null });
  });

  test('a newcomer wins once nothing has moved for 10 s, and the old one fails', async () => {
    const uploadUrl = await make();
    const { body, result } = await sending(uploadUrl);
    await standStill();
    const { file, created } = await send(uploadUrl, incomingOf('the newcomer’s'));
    expect(created).toBe(true);
    body.end('too late');
    expect(await codeOf(result)).toBe('STORAGE_UNAVAILABLE');
    expect(await see(uploadUrl)).toMatchObject({ status: 'STORED', fileId: file.id, error: null });
    const others = { why: { $ne: 'deleted' } };
    expect(await store.db.collection('leases').find(others).toArray()).toMatchObject([{ why: 'abandoned' }]);
  });

  test('of two newcomers at once one wins', async () => {
    const uploadUrl = await make();
    const { body, result } = await sending(uploadUrl);
    await standStill();
    const codes = await Promise.all(
      ['one', 'other'].map((bytes) => codeOf(send(uploadUrl, incomingOf(bytes)))),
    );
    expect(codes).toContain('OK');
    expect(
      codes
        .filter((code) => code !== 'OK')
        .every((code) => code === 'UPLOAD_IN_PROGRESS' || code === 'UPLOAD_URL_USED'),
    ).toBe(true);
    expect(codes.filter((code) => code === 'OK')).toHaveLength(1);
    body.destroy();
    expect(await codeOf(result)).not.toBe('OK');
  });

  test('and breaks off, it says why, and waits again', async () => {
    const uploadUrl = await make();
    const { body, result } = await sending(uploadUrl);
    body.destroy(new Error('The client is gone'));
    expect(await codeOf(result)).toBe('LENGTH_MISMATCH');
    expect(await see(uploadUrl)).toMatchObject({
      status: 'WAITING',
      error: 'LENGTH_MISMATCH',
      receivedBytes: 0,
    });
    expect((await send(uploadUrl, incomingOf('whole'))).created).toBe(true);
  });
});
