/** generateUploadUrl and the life of an UploadUrl as its maker follows it through GraphQL. */
import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { refusal } from './support/graphql-calls.ts';
import { type GraphqlAnswer, type Service, startService } from './support/service.ts';

interface UploadUrl {
  readonly id: string;
  readonly url: string;
  readonly status: string;
  readonly error: string | null;
  readonly maxSize: number;
  readonly contentTypes: readonly string[];
  readonly receivedBytes: number;
  readonly file: Record<string, unknown> | null;
}

const fields = `id url status error maxSize contentTypes receivedBytes
  file { id filename size visibility owner metadata keep refCount }`;

let service: Service;
beforeAll(async () => {
  service = await startService({
    GRIDHOLD_MAX_UPLOAD_SIZE: '64MiB',
    GRIDHOLD_CONTENT_TYPES: 'text/plain,image/*',
  });
});

const generate = (input?: object): Promise<GraphqlAnswer<{ generateUploadUrl: UploadUrl }>> =>
  service.graphql(
    `mutation ($input: GenerateUploadUrlInput) { generateUploadUrl(input: $input) { ${fields} } }`,
    { input },
  );
const made = async (input?: object): Promise<UploadUrl> => (await generate(input)).data.generateUploadUrl;
const look = async (id: string): Promise<UploadUrl> => {
  const { data } = await service.graphql<{ uploadUrl: UploadUrl }>(
    `query ($id: ID!) { uploadUrl(id: $id) { ${fields} } }`,
    { id },
  );
  return data.uploadUrl;
};
const put = (url: string, body: string | Uint8Array<ArrayBuffer>, type = 'text/plain'): Promise<Response> =>
  fetch(url, { method: 'PUT', headers: { 'content-type': type }, body });
async function until(look: () => Promise<boolean>, withinMs = 60_000): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
  while (!(await look())) {
    if (performance.now() > giveUpAt) throw new Error(`It did not come to that within ${withinMs} ms`);
    await sleep(100);
  }
}

describe('an upload URL', () => {
  it('takes the settings’ limits where its maker says nothing', async () => {
    expect(await made()).toMatchObject({
      maxSize: 64 * 1_048_576,
      contentTypes: ['text/plain', 'image/*'],
      status: 'WAITING',
    });
  });

  it('narrows the settings’ limits and never widens them', async () => {
    const { maxSize, contentTypes } = await made({
      maxSize: 10 ** 12,
      contentTypes: ['image/png', 'text/plain'],
    });
    expect(maxSize).toBe(64 * 1_048_576);
    expect(contentTypes).toEqual(['image/png', 'text/plain']);
    expect(await made({ maxSize: 0 })).toMatchObject({ maxSize: 0 });
  });

  it('makes the file that it was told to make', async () => {
    const { id, url } = await made({
      filename: 'note.txt',
      sha256: createHash('sha256').update('note').digest('hex').toUpperCase(),
      visibility: 'PRIVATE',
      metadata: { chat: [1, null] },
      keep: true,
      owner: 'user 7',
      attachTo: { document: { collection: 'messages', documentId: 'of the URL' }, field: 'note' },
    });
    expect((await put(url, 'note')).status).toBe(201);
    expect(await look(id)).toMatchObject({
      status: 'STORED',
      receivedBytes: 4,
      file: {
        filename: 'note.txt',
        size: 4,
        visibility: 'PRIVATE',
        owner: 'user 7',
        metadata: { chat: [1, null] },
        keep: true,
        refCount: 1,
      },
    });
  });

  it('is RECEIVING while bytes come in, and tells how many have come', async () => {
    const { id, url } = await made();
    const upload = request(url, {
      method: 'PUT',
      headers: { 'content-type': 'text/plain', 'content-length': 40_000 },
    });
    const answered = new Promise<number>((resolve, reject) => {
      upload.on('response', (response) => resolve(response.resume().statusCode ?? 0)).on('error', reject);
    });
    const seen: number[] = [];
    const sendUntilSeen = async (bytes: number): Promise<void> => {
      upload.write('x'.repeat(10_000));
      await until(async () => {
        const { status, receivedBytes, error, file } = await look(id);
        if (receivedBytes > 0 || bytes > 10_000)
          expect({ status, error, file }).toEqual({ status: 'RECEIVING', error: null, file: null });
        seen.push(receivedBytes);
        return receivedBytes === bytes;
      });
    };
    await sendUntilSeen(10_000);
    await sendUntilSeen(20_000);
    expect(seen).toEqual([...seen].sort((one, other) => one - other));
    upload.end('x'.repeat(20_000));
    expect(await answered).toBe(201);
    expect(await look(id)).toMatchObject({ status: 'STORED', receivedBytes: 40_000, file: { size: 40_000 } });
  });

  it('waits again after an upload broke off, and says why', async () => {
    const { id, url } = await made();
    const upload = request(url, {
      method: 'PUT',
      headers: { 'content-type': 'text/plain', 'content-length': 40_000 },
    });
    upload.on('error', () => undefined);
    upload.write('x'.repeat(10_000));
    await until(async () => (await look(id)).status === 'RECEIVING');
    upload.destroy();
    await until(async () => (await look(id)).status === 'WAITING');
    expect(await look(id)).toMatchObject({ error: 'LENGTH_MISMATCH', receivedBytes: 0, file: null });
    expect((await put(url, 'whole')).status).toBe(201);
    expect(await look(id)).toMatchObject({ status: 'STORED', error: null });
  });

  it.each([
    ['FILE_TOO_LARGE', { maxSize: 3 }, 'four', 'text/plain'],
    ['CONTENT_TYPE_NOT_ALLOWED', { contentTypes: ['image/png'] }, 'four', 'text/plain'],
    ['CHECKSUM_MISMATCH', { sha256: '0'.repeat(64) }, 'four', 'text/plain'],
  ])('tells %s of the last attempt, and stays usable', async (code, input, body, type) => {
    const { id, url } = await made(input);
    const refused = await put(url, body, type);
    expect(await refused.json()).toMatchObject({ code });
    expect(await look(id)).toMatchObject({ status: 'WAITING', error: code, receivedBytes: 0, file: null });
  });

  it.each<[string, string, (url: string) => Promise<Response>]>([
    [
      'CONTENT_TYPE_NOT_ALLOWED',
      'an encoded body',
      (url) => fetch(url, { method: 'PUT', headers: { 'content-encoding': 'gzip' }, body: 'x' }),
    ],
    [
      'BAD_USER_INPUT',
      'a part of a file',
      (url) => fetch(url, { method: 'PUT', headers: { 'content-range': 'bytes 0-0/2' }, body: 'x' }),
    ],
    [
      'BAD_USER_INPUT',
      'a malformed digest',
      (url) => fetch(url, { method: 'PUT', headers: { 'content-digest': 'sha-256=x' }, body: 'x' }),
    ],
    [
      'BAD_USER_INPUT',
      'a form without a file',
      (url) => fetch(url, { method: 'POST', body: new FormData() }),
    ],
    [
      'FILE_TOO_LARGE',
      'a form whose length tells that it is too large',
      (url) => {
        const form = new FormData();
        form.append('file', new Blob([new Uint8Array(3_000_000)]), 'large.bin');
        return fetch(url, { method: 'POST', body: form });
      },
    ],
  ])(
    'tells %s of an attempt that was refused by what stands before its bytes: %s',
    async (code, _what, send) => {
      const { id, url } = await made({ maxSize: 10 });
      const refused = await send(url);
      expect(await refused.json()).toMatchObject({ code });
      expect(await look(id)).toMatchObject({ status: 'WAITING', error: code });
      expect((await put(url, 'x')).status).toBe(201);
      expect(await look(id)).toMatchObject({ status: 'STORED', error: null });
    },
  );

  it('is EXPIRED after its time', async () => {
    const { id, url } = await made({ expiresIn: 1 });
    await until(async () => (await look(id)).status === 'EXPIRED');
    expect((await put(url, 'late')).status).toBe(410);
    expect(await look(id)).toMatchObject({ status: 'EXPIRED', file: null });
  });

  it('forgets its file once that is deleted, and keeps its status', async () => {
    const { id, url } = await made();
    const { storageId }: { storageId: string } = await (await put(url, 'short-lived')).json();
    await service.graphql('mutation ($id: ID!) { deleteFile(id: $id) { deleted } }', { id: storageId });
    expect(await look(id)).toMatchObject({ status: 'STORED', receivedBytes: 11, file: null });
  });

  it.each(['', 'x', 'upload_00000000000000000000000000', 'file_00000000000000000000000000'])(
    'is null under the ID %j',
    async (id) => {
      expect(await look(id)).toBeNull();
    },
  );
});

describe('generateUploadUrl refuses', () => {
  it.each([
    ['maxSize', { maxSize: -1 }],
    ['sha256', { sha256: 'abc' }],
    ['sha256', { sha256: 'g'.repeat(64) }],
    ['expiresIn', { expiresIn: 0 }],
    ['expiresIn', { expiresIn: 604_801 }],
    ['contentTypes', { contentTypes: ['png'] }],
    ['contentTypes', { contentTypes: ['video/mp4'] }],
    ['metadata', { metadata: { long: 'x'.repeat(16_384) } }],
    ['metadata', { metadata: { half: '\udfff' } }],
    ['filename', { filename: 'x'.repeat(1_025) }],
    ['owner', { owner: '' }],
    ['field', { attachTo: { document: { collection: 'a', documentId: 'b' }, field: '' } }],
    ['collection', { attachTo: { document: { collection: '', documentId: 'b' } } }],
  ])('a %s that can not be: %j', async (name, input) => {
    expect(refusal(await generate(input))).toEqual({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining(name),
    });
  });

  it.each([
    [{ maxSize: 1.5 }, 'maxSize'],
    [{ maxSize: 2 ** 53 }, 'maxSize'],
    [{ maxSize: 'many' }, 'maxSize'],
    [{ expiresIn: 2 ** 31 }, 'expiresIn'],
    [{ metadata: [] }, 'metadata'],
    [{ metadata: 'text' }, 'metadata'],
    [{ visibility: 'SECRET' }, 'visibility'],
    [{ keep: null }, 'keep'],
    [{ keep: 'yes' }, 'keep'],
    [{ contentTypes: [null] }, 'contentTypes'],
    [{ attachTo: {} }, 'attachTo'],
    [{ nonsense: 1 }, 'nonsense'],
    [{ idempotencyKey: 'not here' }, 'idempotencyKey'],
  ])('a variable of another type: %j', async (input, name) => {
    expect(refusal(await generate(input))).toEqual({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining(name),
    });
  });
});
