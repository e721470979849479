/** POST /files: the raw body in one request, with everything else in the query and one header. */
import { randomBytes } from 'node:crypto';
import type { Db } from 'mongodb';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { RawConnection } from './support/raw-connection.ts';
import {
  databaseOf,
  digestOf,
  outcomeOf,
  problemIn,
  type Stored,
  sha256Of,
  stockOf,
  storedBy,
  storeFile,
} from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

let service: Service;
let db: Db;

beforeAll(async () => {
  service = await startService({ GRIDHOLD_SWEEP_INTERVAL: 'off' });
  db = await databaseOf(service);
});

async function post(
  query: string,
  body: Uint8Array | string = 'x',
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return await fetch(`${service.url}/files${query}`, { method: 'POST', body: Buffer.from(body), headers });
}

interface Hold {
  readonly field: string;
  readonly document: { readonly collection: string; readonly documentId: string };
}

async function holdsOf(id: string): Promise<readonly Hold[]> {
  const { data } = await service.graphql<{ file: { attachments: { nodes: readonly Hold[] } } }>(
    'query ($id: ID!) { file(id: $id) { attachments { nodes { field document { collection documentId } } } } }',
    { id },
  );
  return data.file.attachments.nodes;
}

describe('POST /files', () => {
  it('stores the raw body and answers as an upload URL does', async () => {
    const bytes = randomBytes(600_000);
    const response = await post('?filename=a%20b.bin&visibility=PUBLIC', bytes);
    const location = response.headers.get('location');
    const stored = await storedBy(response);
    expect(stored).toEqual({
      id: expect.stringMatching(/^file_/),
      storageId: stored.id,
      size: bytes.byteLength,
      sha256: sha256Of(bytes),
      contentType: 'application/octet-stream',
      url: location,
      expiresAt: null,
    });
    expect(Buffer.from(await (await fetch(stored.url)).arrayBuffer()).equals(bytes)).toBe(true);
  });

  it('takes forms, multipart or not, for what they are: no file and one file', async () => {
    const form = new FormData();
    form.append('file', new Blob(['x']), 'a.txt');
    const refused = await fetch(`${service.url}/files`, { method: 'POST', body: form });
    expect(await problemIn(refused)).toMatchObject({ status: 415, code: 'CONTENT_TYPE_NOT_ALLOWED' });
    const curl = await post('', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' });
    expect(await storedBy(curl)).toMatchObject({ size: 3, contentType: 'application/octet-stream' });
  });

  it.each(['public', 'PUBLIC', 'private', 'Private'])(
    'takes visibility=%s in any case',
    async (visibility) => {
      const { url } = await storedBy(await post(`?visibility=${visibility}`, visibility));
      const [path = ''] = url.split('?');
      expect((await fetch(path)).status).toBe(/public/i.test(visibility) ? 200 : 404);
    },
  );

  it.each([
    ['?visibility=', 'visibility'],
    ['?visibility=publ%C4%B1c', 'visibility'],
    ['?visibility=SECRET', 'visibility'],
    ['?attachTo=', 'attachTo'],
    ['?attachTo=posts', 'attachTo'],
    ['?attachTo=posts/1/file/more', 'attachTo'],
    ['?attachTo=posts/%25zz', 'attachTo'],
    ['?attachTo=posts/', 'documentId'],
    ['?attachTo=/1', 'collection'],
    ['?attachTo=posts/1/', 'field'],
    [`?attachTo=${'x'.repeat(201)}/1`, 'collection'],
    [`?filename=${'x'.repeat(1_025)}`, 'filename'],
  ])('with %s is 400, names what is wrong, and stores nothing', async (query, named) => {
    const before = await stockOf(db);
    const problem = await problemIn(await post(query));
    expect(problem).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
    expect(problem.detail).toContain(named);
    expect(await stockOf(db)).toEqual(before);
  });
});

describe('?attachTo', () => {
  it.each([
    ['posts/1', { collection: 'posts', documentId: '1' }, 'file'],
    ['posts/1/cover', { collection: 'posts', documentId: '1' }, 'cover'],
    ['posts%2F1%2Fcover', { collection: 'posts', documentId: '1' }, 'cover'],
    ['posts/a%252Fb', { collection: 'posts', documentId: 'a/b' }, 'file'],
    ['a%252Fb/c%252Fd/e%252Ff', { collection: 'a/b', documentId: 'c/d' }, 'e/f'],
    ['posts/100%2525', { collection: 'posts', documentId: '100%' }, 'file'],
    ['posts/a+b%252Bc', { collection: 'posts', documentId: 'a b+c' }, 'file'],
    ['%E6%97%A5/%25E6%259C%25AC', { collection: '日', documentId: '本' }, 'file'],
    ['$where/$ne/$set', { collection: '$where', documentId: '$ne' }, '$set'],
  ])('%s is decoded, split, and each part decoded', async (value, document, field) => {
    const { id } = await storeFile(service, 'held', { query: `?attachTo=${value}` });
    expect(await holdsOf(id)).toEqual([{ document, field }]);
  });

  it('holds the file as of its answer, or nothing is stored', async () => {
    const { id, expiresAt } = await storeFile(service, 'held', { query: '?attachTo=posts/7' });
    expect(expiresAt).toBeNull();
    const { data } = await service.graphql('query ($id: ID!) { file(id: $id) { refCount expiresAt } }', {
      id,
    });
    expect(data).toEqual({ file: { refCount: 1, expiresAt: null } });
  });
});

describe('Idempotency-Key', () => {
  const keyed = (key: string, body: Uint8Array | string, query = '', headers = {}): Promise<Response> =>
    post(query, body, { 'idempotency-key': key, ...headers });

  it('again with the same bytes gets the same file, with 200, and stores nothing', async () => {
    const bytes = randomBytes(300_000);
    const first = await storedBy(await keyed('same', bytes, '?filename=a'));
    const before = await stockOf(db);
    expect(await storedBy(await keyed('same', bytes, '?filename=a'), 200)).toEqual(first);
    expect(
      await storedBy(await keyed('same', bytes, '?filename=a', { 'content-digest': digestOf(bytes) }), 200),
    ).toEqual(first);
    expect(await stockOf(db)).toEqual(before);
  });

  it('with other bytes or other input is 409 IDEMPOTENCY_KEY_USED', async () => {
    await storedBy(await keyed('other', 'bytes'));
    const before = await stockOf(db);
    for (const response of [
      await keyed('other', 'BYTES'),
      await keyed('other', 'bytes and more'),
      await keyed('other', ''),
      await keyed('other', 'bytes', '?filename=x'),
      await keyed('other', 'bytes', '?visibility=PRIVATE'),
      await keyed('other', 'bytes', '?attachTo=posts/1'),
    ]) {
      expect(await outcomeOf(response)).toBe('409 IDEMPOTENCY_KEY_USED');
    }
    expect(await stockOf(db)).toEqual(before);
  });

  it('of a file that is gone counts as new', async () => {
    const { id } = await storedBy(await keyed('gone', 'bytes'));
    await service.graphql('mutation ($id: ID!) { deleteFile(id: $id) { deleted } }', { id });
    const again = await storedBy(await keyed('gone', 'bytes'));
    expect(again.id).not.toBe(id);
  });

  it('used by many at once makes one file', async () => {
    const bytes = randomBytes(400_000);
    const answers = await Promise.all(Array.from({ length: 8 }, () => keyed('at once', bytes)));
    const stored: Stored[] = await Promise.all(answers.map((answer) => answer.json()));
    expect(new Set(stored.map(({ id }) => id)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.every(({ status }) => status === 200 || status === 201)).toBe(true);
    await vi.waitFor(async () => expect((await stockOf(db))['leases']).toBe(0), { timeout: 30_000 });
  });

  it.each([
    ['', 'empty'],
    ['x'.repeat(201), 'too long'],
  ])('that is %j is 400 (%s), and named', async (key) => {
    const problem = await problemIn(await keyed(key, 'bytes'));
    expect(problem).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
    expect(problem.detail).toMatch(/idempotency-?key/i);
  });

  it('of a matching digest is answered before the body', async () => {
    const bytes = randomBytes(10_000);
    const { id } = await storedBy(await keyed('digest', bytes));
    const url = `${service.url}/files`;
    const connection = await RawConnection.open(url);
    connection.head('POST', url, {
      'Content-Length': bytes.byteLength,
      'Idempotency-Key': 'digest',
      'Content-Digest': digestOf(bytes),
      Expect: '100-continue',
    });
    const answer = await connection.answer();
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ id });
    connection.destroy();
  });
});
