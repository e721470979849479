/** Bytes sent to an upload URL: the ways in, the answer, and how often one URL may be used. */
import { randomBytes } from 'node:crypto';
import type { Db } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './support/eventually.ts';
import { RawConnection } from './support/raw-connection.ts';
import {
  databaseOf,
  digestOf,
  fixture,
  isClaimed,
  newUploadUrl,
  outcomeOf,
  problemIn,
  put,
  sha256Of,
  stockOf,
  storedBy,
} from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

let service: Service;
let db: Db;

beforeAll(async () => {
  service = await startService({ GRIDHOLD_SWEEP_INTERVAL: 'off' });
  db = await databaseOf(service);
});

const urlFor = async (input: object = {}): Promise<string> => (await newUploadUrl(service, input)).url;

function formOf(...files: readonly (readonly [bytes: Uint8Array, filename: string])[]): FormData {
  const form = new FormData();
  form.append('comment', 'a field beside the file');
  for (const [bytes, filename] of files) form.append('file', new Blob([Buffer.from(bytes)]), filename);
  return form;
}

describe('an upload URL', () => {
  it.each(['POST', 'PUT'])(
    'takes the raw body by %s, and answers 201 with Location and JSON',
    async (method) => {
      const photo = Buffer.concat([fixture('photo.jpg'), randomBytes(8)]);
      const response = await fetch(await urlFor(), { method, body: photo });
      const stored = await storedBy(response);
      expect(stored).toEqual({
        id: expect.stringMatching(/^file_[0-9a-hjkmnp-tv-z]{26}$/),
        storageId: stored.id,
        size: photo.byteLength,
        sha256: sha256Of(photo),
        contentType: 'image/jpeg',
        url: `${service.url}/files/${stored.id}`,
        expiresAt: null,
      });
      expect(response.headers.get('location')).toBe(stored.url);
      const served = await fetch(stored.url);
      expect(Buffer.from(await served.arrayBuffer()).equals(photo)).toBe(true);
    },
  );

  it('takes a form of one file part, with fields beside it, by POST and by PUT', async () => {
    for (const method of ['POST', 'PUT']) {
      const bytes = randomBytes(300_000);
      const response = await fetch(await urlFor(), { method, body: formOf([bytes, 'a.bin']) });
      expect(await storedBy(response)).toMatchObject({ size: bytes.byteLength, sha256: sha256Of(bytes) });
    }
  });

  it('takes zero bytes as a file, by every way in', async () => {
    const bodies = [
      { method: 'PUT', body: Buffer.alloc(0) },
      { method: 'POST', body: formOf([Buffer.alloc(0), 'empty.bin']) },
      { method: 'POST' },
    ];
    for (const body of bodies) {
      const stored = await storedBy(await fetch(await urlFor(), body));
      expect(stored).toMatchObject({ size: 0, sha256: sha256Of('') });
      expect((await (await fetch(stored.url)).arrayBuffer()).byteLength).toBe(0);
    }
  });

  it('refuses a form with two file parts, with none, and with an empty file input, and stays usable', async () => {
    const url = await urlFor();
    const before = await stockOf(db);
    const boundary = 'the-boundary';
    const form = (...parts: readonly string[]): RequestInit => ({
      method: 'POST',
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
      body: `${parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('')}--${boundary}--\r\n`,
    });
    const refused: readonly RequestInit[] = [
      { method: 'POST', body: formOf([randomBytes(600_000), 'a'], [randomBytes(600_000), 'b']) },
      { method: 'POST', body: formOf() },
      form(
        'Content-Disposition: form-data; name="file"; filename=""\r\nContent-Type: application/octet-stream\r\n\r\n',
      ),
      { ...form('x'), body: 'no boundary in here' },
      { ...form('x'), headers: { 'content-type': 'multipart/form-data' } },
      {
        ...form('Content-Disposition: form-data; name="file"; filename="a"\r\n\r\ncut'),
        body: '--the-boundary\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\ncut off',
      },
    ];
    for (const request of refused) {
      const problem = await problemIn(await fetch(url, request));
      expect(problem).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
      expect(problem.detail).toContain('multipart/form-data');
    }
    expect(await stockOf(db)).toEqual(before);
    await storedBy(await put(url, 'now it works'));
  });

  it('says when the file may be collected, once this store has seen an attachment', async () => {
    const attachTo = { document: { collection: 'posts', documentId: '1' } };
    const held = await storedBy(await put(await urlFor({ attachTo }), randomBytes(10)));
    expect(held.expiresAt).toBeNull();
    const free = await storedBy(await put(await urlFor(), randomBytes(10)));
    const days = (Date.parse(free.expiresAt ?? '') - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(6.9);
    expect(days).toBeLessThan(7.1);
  });
});

describe('a repeated upload', () => {
  it('of the same bytes gets 200 and the same ID, whatever way they come, and stores nothing', async () => {
    const bytes = randomBytes(400_000);
    const url = await urlFor();
    const { id } = await storedBy(await put(url, bytes));
    const before = await stockOf(db);
    const again = [
      await put(url, bytes),
      await fetch(url, { method: 'POST', body: formOf([bytes, 'again.bin']) }),
      await put(url, bytes, { 'content-digest': digestOf(bytes) }),
    ];
    for (const response of again) {
      expect(response.headers.get('location')).toBe(`${service.url}/files/${id}`);
      expect(await storedBy(response, 200)).toMatchObject({ id, storageId: id, size: bytes.byteLength });
    }
    expect(await stockOf(db)).toEqual(before);
  });

  it('with a Content-Digest that matches is answered before the body', async () => {
    const bytes = randomBytes(50_000);
    const url = await urlFor();
    const { id } = await storedBy(await put(url, bytes));
    for (const expectation of [{}, { Expect: '100-continue' }]) {
      const connection = await RawConnection.open(url);
      const answer = await connection
        .head('PUT', url, {
          'Content-Length': bytes.byteLength,
          'Content-Digest': digestOf(bytes),
          ...expectation,
        })
        .answer();
      connection.destroy();
      expect(answer.status).toBe(200);
      expect(JSON.parse(answer.body.toString())).toMatchObject({ id });
    }
  });

  it('of other bytes gets 409 UPLOAD_URL_USED, of other length before the body', async () => {
    const url = await urlFor();
    await storedBy(await put(url, 'the first'));
    expect(await outcomeOf(await put(url, 'the other'))).toBe('409 UPLOAD_URL_USED');
    expect(await outcomeOf(await put(url, 'the first and more'))).toBe('409 UPLOAD_URL_USED');
    expect(await outcomeOf(await put(url, ''))).toBe('409 UPLOAD_URL_USED');
    const connection = await RawConnection.open(url);
    const answer = await connection
      .head('PUT', url, { 'Content-Length': 1_000_000, Expect: '100-continue' })
      .answer();
    expect(answer.status).toBe(409);
    connection.destroy();
  });

  it('gets 409 UPLOAD_URL_USED where the file is gone', async () => {
    const url = await urlFor();
    const { id } = await storedBy(await put(url, 'soon gone'));
    await service.graphql('mutation ($id: ID!) { deleteFile(id: $id) { deleted } }', { id });
    expect(await outcomeOf(await put(url, 'soon gone'))).toBe('409 UPLOAD_URL_USED');
  });
});

describe('an upload URL that is over', () => {
  it('answers 410 UPLOAD_URL_EXPIRED; what began before may finish, and what is stored may be repeated', async () => {
    const [running, used] = [await urlFor(), await urlFor()];
    const { id } = await storedBy(await put(used, 'in time'));
    const connection = await RawConnection.open(running);
    connection.head('PUT', running, { 'Content-Length': 10 }).send('begun');
    await eventually(() => isClaimed(db, running)).toBe(true);
    // Their time is over now, and not before they were used: a second may pass between any two steps.
    await db.collection('uploadUrls').updateMany({}, { $set: { expiresAt: new Date(Date.now() - 1_000) } });
    const unused = await urlFor({ expiresIn: 1 });
    await eventually(async () => (await fetch(unused)).status).toBe(410);

    expect(await outcomeOf(await put(unused, 'too late'))).toBe('410 UPLOAD_URL_EXPIRED');
    expect(await outcomeOf(await fetch(unused))).toBe('410 UPLOAD_URL_EXPIRED');
    expect((await connection.send(' done').answer()).status).toBe(201);
    connection.destroy();
    expect(await storedBy(await put(used, 'in time'), 200)).toMatchObject({ id });
  });

  it('is 404 UPLOAD_URL_NOT_FOUND where it was forged, by every method', async () => {
    const url = await urlFor();
    const other = await urlFor();
    const token = url.slice(url.lastIndexOf('/') + 1);
    const [id, keyId, signature = ''] = token.split('.');
    const [, , otherSignature] = other.slice(other.lastIndexOf('/') + 1).split('.');
    const forged = [
      `${id}.${keyId}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
      `${id}.${keyId}.${otherSignature}`,
      `${id}.another-key.${signature}`,
      `${id}.${keyId}.`,
      `${id}.${keyId}`,
      `${id}`,
      `${token}.more`,
      `${token}/more`,
      '',
      'x',
      '%zz',
      '%00',
      'x'.repeat(5_000),
    ];
    for (const path of forged) {
      for (const method of ['PUT', 'POST', 'GET']) {
        const response = await fetch(`${service.url}/upload/${path}`, {
          method,
          body: method === 'GET' ? null : 'x',
        });
        expect(await outcomeOf(response), `${method} ${path}`).toBe('404 UPLOAD_URL_NOT_FOUND');
      }
    }
    await storedBy(await put(url, 'the real one'));
  });
});
