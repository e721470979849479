/** What an upload URL is made with, and what becomes of the bytes that come to it. */
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import type { IncomingBytes } from '../src/domain/incoming-bytes.ts';
import type { GenerateUploadUrlInput } from '../src/domain/model.ts';
import type { UseCases } from '../src/domain/use-cases.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { smallUploads, uploadUrlCalls } from './support/upload-url-calls.ts';
import {
  app,
  codeOf,
  documentOf,
  incomingOf,
  refusalOf,
  tokenOf,
  untouchable,
} from './support/use-case-input.ts';

const sha256Of = (bytes: string): string => createHash('sha256').update(bytes).digest('hex');
let store: TestGridhold;
let rules: UseCases;

beforeAll(async () => {
  store = await openTestGridhold(smallUploads);
  rules = store.gridhold.useCases;
});

const { make, send, see } = uploadUrlCalls(() => rules);

describe('made', () => {
  test('it waits, and says what it takes', async () => {
    const before = Date.now();
    const uploadUrl = await make({ expiresIn: 60, maxSize: 10, contentTypes: ['image/png'] });
    expect(uploadUrl).toMatchObject({
      status: 'WAITING',
      maxSize: 10,
      contentTypes: ['image/png'],
      receivedBytes: 0,
      error: null,
      fileId: null,
    });
    expect(Math.abs(uploadUrl.expiresAt.getTime() - before - 60_000)).toBeLessThan(5_000);
    expect(uploadUrl.id).toMatch(/^upload_[0-7][0-9a-z]{25}$/);
    expect(uploadUrl.path).toMatch(/^\/upload\/[\w.-]+$/);
    expect(await see(uploadUrl)).toEqual(uploadUrl);
    expect(await rules.uploadUrlByToken(tokenOf(uploadUrl))).toEqual(uploadUrl);
  });

  test('its limits are the smaller of the settings’ and its own', async () => {
    expect(await make({ maxSize: 5_000 })).toMatchObject({ maxSize: 1_000 });
    expect(await make({ maxSize: 0 })).toMatchObject({ maxSize: 0 });
    expect((await make({ contentTypes: ['*/*'] })).contentTypes).toContain('image/*');
    expect(await make({ contentTypes: ['image/png', 'video/mp4'] })).toMatchObject({
      contentTypes: ['image/png'],
    });
  });

  test.each<[string, GenerateUploadUrlInput]>([
    ['expiresIn', { expiresIn: 0 }],
    ['expiresIn', { expiresIn: 604_801 }],
    ['expiresIn', { expiresIn: 1.5 }],
    ['maxSize', { maxSize: -1 }],
    ['maxSize', { maxSize: 0.5 }],
    ['maxSize', { maxSize: 2 ** 53 }],
    ['contentTypes', { contentTypes: ['png'] }],
    ['contentTypes', { contentTypes: ['video/mp4'] }],
    ['sha256', { sha256: 'abc' }],
    ['metadata', { metadata: { text: 'x'.repeat(16_384) } }],
    ['owner', { owner: '' }],
    ['filename', { filename: '\ud800' }],
    ['field', { attachTo: { document: documentOf('posts', 1), field: '' } }],
    ['collection', { attachTo: { document: { collection: '', documentId: '1' } } }],
    ['documentId', { attachTo: { document: { collection: 'posts', documentId: 'x'.repeat(201) } } }],
  ])('it refuses a malformed %s by its name (%#)', async (name, input) => {
    const refusal = await refusalOf(make(input));
    expect(refusal?.code).toBe('BAD_USER_INPUT');
    expect(refusal?.message).toContain(name);
  });

  test.each([1, 604_800])('it may live for %i s', async (expiresIn) => {
    expect(await make({ expiresIn })).toMatchObject({ status: 'WAITING' });
  });
});

describe('sent to', () => {
  test('it stores one file, as it was made', async () => {
    const as = {
      filename: 'a/b "c".png',
      visibility: 'PRIVATE',
      metadata: { of: 'mine' },
      keep: true,
      owner: 'ann',
      sha256: sha256Of('some text').toUpperCase(),
      attachTo: { document: documentOf('posts', 9), field: 'cover' },
    } as const;
    const uploadUrl = await make(as);
    const { file, created } = await send(
      uploadUrl,
      incomingOf('some text', { declaredType: 'text/plain', filename: 'other' }),
    );
    expect(created).toBe(true);
    expect(file).toMatchObject({
      filename: as.filename,
      visibility: 'PRIVATE',
      metadata: { of: 'mine' },
      keep: true,
      owner: 'ann',
      sha256: sha256Of('some text'),
      size: 9,
      contentType: 'text/plain',
      refCount: 1,
      expiresAt: null,
    });
    expect(await see(uploadUrl)).toMatchObject({
      status: 'STORED',
      fileId: file.id,
      receivedBytes: 9,
      error: null,
    });
    const [page] = await rules.attachmentPages(
      [{ document: documentOf('posts', 9), field: 'cover' }],
      {},
      app,
    );
    expect(page?.edges.map(({ node }) => node.fileId)).toEqual([file.id]);
  });

  test('without a name of its own, it takes the request’s', async () => {
    const { file } = await send(await make(), incomingOf('x', { filename: 'it\'s\n"$owner"' }));
    expect(file.filename).toBe('it\'s\n"$owner"');
    expect((await send(await make(), incomingOf('x'))).file.filename).toBeNull();
  });

  test.each<[string, string, GenerateUploadUrlInput, Partial<IncomingBytes>, boolean]>([
    ['FILE_TOO_LARGE', 'announced', { maxSize: 4 }, { declaredLength: 5 }, false],
    ['FILE_TOO_LARGE', 'sent', { maxSize: 4 }, {}, true],
    ['FILE_TOO_LARGE', 'sent where none is taken', { maxSize: 0 }, {}, true],
    [
      'CHECKSUM_MISMATCH',
      'announced against the URL’s',
      { sha256: sha256Of('other') },
      { sha256: sha256Of('bytes') },
      false,
    ],
    ['CHECKSUM_MISMATCH', 'announced and not sent', {}, { sha256: sha256Of('other') }, true],
    ['CHECKSUM_MISMATCH', 'sent against the URL’s', { sha256: sha256Of('other') }, {}, true],
    ['CONTENT_TYPE_NOT_ALLOWED', 'declared', {}, { declaredType: 'video/mp4' }, true],
    [
      'CONTENT_TYPE_NOT_ALLOWED',
      'declared, of the URL’s own',
      { contentTypes: ['image/png'] },
      { declaredType: 'text/plain' },
      true,
    ],
  ])('%s: bytes that are %s are refused, and it stays usable', async (code, _, input, more, readsBody) => {
    const uploadUrl = await make(input);
    expect(await codeOf(send(uploadUrl, readsBody ? incomingOf('bytes', more) : untouchable(more)))).toBe(
      code,
    );
    expect(await see(uploadUrl)).toMatchObject({
      status: 'WAITING',
      fileId: null,
      receivedBytes: 0,
      error: code,
    });
    expect(await store.db.collection('leases').countDocuments()).toBe(0);
  });

  test('it is usable after a failure, and forgets the error once it has stored', async () => {
    const uploadUrl = await make({ maxSize: 5 });
    expect(await codeOf(send(uploadUrl, incomingOf('too long')))).toBe('FILE_TOO_LARGE');
    const { file } = await send(uploadUrl, incomingOf('right'));
    expect(await see(uploadUrl)).toMatchObject({
      status: 'STORED',
      error: null,
      fileId: file.id,
      receivedBytes: 5,
    });
  });
});
