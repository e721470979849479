/** Whom an upload URL lets in, and for how long: signatures, ends, and keys that change. */
import { PassThrough } from 'node:stream';
import type { Document } from 'mongodb';
import { beforeAll, describe, expect, test } from 'vitest';
import type { UploadUrl } from '../src/domain/model.ts';
import type { UseCases } from '../src/domain/use-cases.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { smallUploads, uploadUrlCalls } from './support/upload-url-calls.ts';
import { app, codeOf, commandsDuring, incomingOf, tokenOf, untouchable } from './support/use-case-input.ts';

const dayMs = 24 * 3_600_000;
let store: TestGridhold;
let rules: UseCases;

beforeAll(async () => {
  store = await openTestGridhold(smallUploads);
  rules = store.gridhold.useCases;
});

const { make, send, see } = uploadUrlCalls(() => rules);
const expire = async ({ id }: UploadUrl, agoMs: number): Promise<void> => {
  const uploadUrls = store.db.collection<Document & { _id: string }>('uploadUrls');
  await uploadUrls.updateOne({ _id: id }, { $set: { expiresAt: new Date(Date.now() - agoMs) } });
};

describe('addressed', () => {
  const stranger = 'upload_01kyyyyyyyyyyyyyyyyyyyyyyy';

  test('by what we never signed, it is not found, and nobody looks for it', async () => {
    const [id, keyId, signature] = tokenOf(await make()).split('.');
    const forged = [
      '',
      '.',
      '..',
      'x',
      `${id}`,
      `${id}.${keyId}`,
      `${id}.${keyId}.`,
      `${id}.${keyId}.${signature?.slice(1)}`,
      `${id}.${keyId}.${'A'.repeat(43)}`,
      `${stranger}.${keyId}.${signature}`,
      `${id}.${keyId}.${signature}.x`,
      `${id} .${keyId}.${signature}`,
      'x'.repeat(10_000),
      '../../etc/passwd',
      `${id}\0.${keyId}.${signature}`,
    ];
    const commands = await commandsDuring(store.client, async () => {
      for (const token of forged) {
        const open = (): Promise<never> => Promise.reject(new Error('The body was asked for'));
        expect(await codeOf(rules.receiveUpload(token, open)), token).toBe('UPLOAD_URL_NOT_FOUND');
        expect(await codeOf(rules.uploadUrlByToken(token)), token).toBe('UPLOAD_URL_NOT_FOUND');
      }
    });
    expect(commands).toEqual([]);
  });

  test('by keys that nobody has, it asks for new keys at most once a second', async () => {
    const [id, , signature] = tokenOf(await make()).split('.');
    const commands = await commandsDuring(store.client, async () => {
      const codes = Array.from({ length: 50 }, (_, n) =>
        codeOf(rules.uploadUrlByToken(`${id}.k${n + 2}.${signature}`)),
      );
      expect(new Set(await Promise.all(codes))).toEqual(new Set(['UPLOAD_URL_NOT_FOUND']));
    });
    expect(commands).toEqual(['find signingKeys']);
  });

  test('once it has been removed, it is not found', async () => {
    const uploadUrl = await make();
    await expire(uploadUrl, dayMs + 1_000);
    await store.gridhold.sweep();
    expect(await codeOf(send(uploadUrl, untouchable()))).toBe('UPLOAD_URL_NOT_FOUND');
  });
});

describe('expired', () => {
  test('it takes nothing, says so, and the body is not asked for', async () => {
    const uploadUrl = await make();
    await expire(uploadUrl, 1_000);
    expect(await see(uploadUrl)).toMatchObject({ status: 'EXPIRED' });
    const open = (): Promise<never> => Promise.reject(new Error('The body was asked for'));
    expect(await codeOf(rules.receiveUpload(tokenOf(uploadUrl), open))).toBe('UPLOAD_URL_EXPIRED');
  });

  test('in the midst of a request, it lets what began finish', async () => {
    const uploadUrl = await make();
    const body = new PassThrough();
    body.write('began, ');
    const sending = send(uploadUrl, incomingOf(body));
    await expect.poll(async () => (await see(uploadUrl)).status).toBe('RECEIVING');
    await expire(uploadUrl, 1_000);
    expect(await see(uploadUrl)).toMatchObject({ status: 'RECEIVING' });
    body.end('finished');
    expect((await sending).file.size).toBe(15);
    expect(await see(uploadUrl)).toMatchObject({ status: 'STORED' });
  });
});

describe('signed with keys that change', () => {
  const [older, newer, stranger] = ['older', 'newer', 'stranger'].map((id) => ({
    id,
    secret: `${id}-secret-of-32-characters-in-all`,
  }));
  const open = async (...keys: ({ id: string; secret: string } | undefined)[]): Promise<UseCases> => {
    const signingKeys = keys.filter((key) => key !== undefined);
    return (await store.another({ signingKeys })).useCases;
  };

  test('the first signs, all verify, and one that is taken away is no longer valid', async () => {
    const [before, during, after] = [await open(older), await open(newer, older), await open(newer)];
    const old = await before.generateUploadUrl({}, app);
    const young = await during.generateUploadUrl({}, app);
    expect(old.path).toContain('.older.');
    expect(young.path).toContain('.newer.');
    expect(await during.uploadUrlByToken(tokenOf(old))).toMatchObject({ id: old.id });
    expect(await after.uploadUrlByToken(tokenOf(young))).toMatchObject({ id: young.id });
    expect(await codeOf(before.uploadUrlByToken(tokenOf(young)))).toBe('UPLOAD_URL_NOT_FOUND');
    expect(await codeOf(after.uploadUrlByToken(tokenOf(old)))).toBe('UPLOAD_URL_NOT_FOUND');
  });

  test('the same ID with another secret signs nothing that is valid', async () => {
    const [ours, theirs] = [await open(older), await open({ id: 'older', secret: stranger?.secret ?? '' })];
    const uploadUrl = await theirs.generateUploadUrl({}, app);
    expect(await codeOf(ours.uploadUrlByToken(tokenOf(uploadUrl)))).toBe('UPLOAD_URL_NOT_FOUND');
  });

  test('a key that is added to the database is learned by those that run', async () => {
    const key = { _id: 'k-added', secret: 'x'.repeat(43), createdAt: new Date(Date.now() + 60_000) };
    await store.db.collection<Document & { _id: string }>('signingKeys').insertOne(key);
    const newest = (await store.another()).useCases;
    const uploadUrl = await newest.generateUploadUrl({}, app);
    expect(uploadUrl.path).toContain('.k-added.');
    // Asked for at most once a second.
    await expect.poll(() => codeOf(rules.uploadUrlByToken(tokenOf(uploadUrl)))).toBe('OK');
    await store.db.collection('signingKeys').deleteMany({ secret: key.secret });
  });

  test('instances that start together share one key', async () => {
    const together = await Promise.all([store.another(), store.another(), store.another()]);
    const uploadUrls = await Promise.all(together.map(({ useCases }) => useCases.generateUploadUrl({}, app)));
    for (const { useCases } of together) {
      for (const uploadUrl of uploadUrls) {
        expect(await useCases.uploadUrlByToken(tokenOf(uploadUrl))).toMatchObject({ id: uploadUrl.id });
      }
    }
    expect(await store.db.collection('signingKeys').countDocuments()).toBe(1);
  });
});
