/** The bytes of a file by GET and HEAD: headers, addresses, and who may read. */
import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { RawConnection } from './support/raw-connection.ts';
import {
  digestOf,
  fixture,
  newUploadUrl,
  outcomeOf,
  put,
  type Stored,
  sha256Of,
  storedBy,
  storeFile,
} from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

let service: Service;

beforeAll(async () => {
  service = await startService({ GRIDHOLD_PUBLIC_MAX_AGE: '10m' });
});

async function uploadedAt(id: string): Promise<Date> {
  const { data } = await service.graphql<{ file: { uploadedAt: string } }>(
    'query ($id: ID!) { file(id: $id) { uploadedAt } }',
    { id },
  );
  return new Date(data.file.uploadedAt);
}

/** A name that is a token may stand with quotes and without (RFC 6266, section 4.1). */
function named(disposition: string, name: string): unknown {
  return expect.stringMatching(new RegExp(`^${disposition}; filename=("?)${name.replace('.', '\\.')}\\1$`));
}

describe('a public file', () => {
  it('is served with every header of the contract', async () => {
    const photo = fixture('photo.jpg');
    const { id, url } = await storeFile(service, photo, { query: '?filename=photo.jpg' });
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/jpeg',
      'content-length': String(photo.byteLength),
      'accept-ranges': 'bytes',
      etag: `"${sha256Of(photo)}"`,
      'last-modified': (await uploadedAt(id)).toUTCString(),
      'repr-digest': digestOf(photo),
      'content-disposition': named('inline', 'photo.jpg'),
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'cross-origin',
      'cache-tag': id,
      'cache-control': 'public, max-age=600, immutable',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
    });
    expect(response.headers.has('content-encoding')).toBe(false);
    expect(response.headers.has('transfer-encoding')).toBe(false);
    expect(Buffer.from(await response.arrayBuffer()).equals(photo)).toBe(true);
  });

  it('has the same headers by HEAD, and no body', async () => {
    const { url } = await storeFile(service, randomBytes(700_000), { query: '?filename=a.bin' });
    const connection = await RawConnection.open(url);
    const changing = ['date', 'x-request-id'];
    const stable = (headers: Headers): [string, string][] =>
      [...headers].filter(([name]) => !changing.includes(name));
    const get = await connection.head('GET', url).answer();
    const head = await connection.head('HEAD', url).answer({ isHead: true });
    expect(head.status).toBe(200);
    expect(stable(head.headers)).toEqual(stable(get.headers));
    expect(get.body.byteLength).toBe(700_000);
    // Whatever followed the head would be taken for the next answer.
    expect((await connection.head('GET', `${service.url}/health`).answer()).status).toBe(200);
    connection.destroy();
  });

  it('ignores Range and If-Range by HEAD', async () => {
    const { url } = await storeFile(service, randomBytes(1_000));
    const tag = (await fetch(url)).headers.get('etag') ?? '';
    for (const range of ['bytes=0-1', 'bytes=5000-', 'bytes=0-1,5-6']) {
      for (const condition of [{}, { 'if-range': tag }, { 'if-range': '"other"' }]) {
        const response = await fetch(url, { method: 'HEAD', headers: { range, ...condition } });
        expect([response.status, response.headers.get('content-length')]).toEqual([200, '1000']);
        expect(response.headers.has('content-range')).toBe(false);
      }
    }
  });

  it('of zero bytes is served whole, and has no range that could be satisfied', async () => {
    const { url } = await storeFile(service, '');
    const whole = await fetch(url);
    expect([whole.status, whole.headers.get('content-length')]).toEqual([200, '0']);
    expect(whole.headers.get('etag')).toBe(`"${sha256Of('')}"`);
    expect((await fetch(url, { method: 'HEAD' })).headers.get('content-length')).toBe('0');
    const partial = await fetch(url, { headers: { range: 'bytes=0-' } });
    expect([partial.status, partial.headers.get('content-range')]).toEqual([416, 'bytes */0']);
    expect((await fetch(url, { headers: { range: 'bytes=-5' } })).status).toBe(200);
  });

  it('is found whatever file name stands in the path, and named by its record', async () => {
    const { url } = await storeFile(service, 'text', {
      query: '?filename=right.txt',
      headers: { 'content-type': 'text/plain' },
    });
    for (const name of ['right.txt', 'wrong.exe', '%E6%97%A5%2F%zz', '', 'a?b=c', '..%2f..%2fetc']) {
      const response = await fetch(`${url}/${name}`);
      expect(response.status, name).toBe(200);
      expect(response.headers.get('content-disposition')).toEqual(named('inline', 'right.txt'));
      expect(await response.text()).toBe('text');
    }
    expect(await outcomeOf(await fetch(`${url}/a/b`))).toBe('404 NOT_FOUND');
  });

  it('is to be saved where ?download is present, whatever its value', async () => {
    const { url } = await storeFile(service, fixture('photo.jpg'), { query: '?filename=a.jpg' });
    for (const query of ['?download', '?download=', '?download=0', '?download=false', '?x=1&download=no']) {
      expect((await fetch(`${url}${query}`)).headers.get('content-disposition')).toEqual(
        named('attachment', 'a.jpg'),
      );
    }
    for (const query of ['?x', '?Download', '?downloads=1']) {
      expect((await fetch(`${url}${query}`)).headers.get('content-disposition')).toEqual(
        named('inline', 'a.jpg'),
      );
    }
  });

  it('that shares its bytes with another has its own name, type and tag', async () => {
    const first = await storeFile(service, 'shared', {
      query: '?filename=a.txt',
      headers: { 'content-type': 'text/plain' },
    });
    const second = await storeFile(service, 'shared', {
      query: '?filename=b.css',
      headers: { 'content-type': 'text/css' },
    });
    expect(second.id).not.toBe(first.id);
    const [one, other] = await Promise.all([fetch(first.url), fetch(second.url)]);
    expect(other.headers.get('etag')).toBe(one.headers.get('etag'));
    expect(one.headers.get('cache-tag')).toBe(first.id);
    expect(other.headers.get('cache-tag')).toBe(second.id);
    expect(other.headers.get('content-disposition')).toEqual(named('attachment', 'b.css'));
  });
});

describe('what is not to be seen', () => {
  it.each([
    'file_00000000000000000000000000',
    'file_',
    'none',
    '%00',
    '%zz',
    "'",
    '$where',
    '{"$ne":null}',
    'x'.repeat(3_000),
  ])('GET /files/%s is 404 FILE_NOT_FOUND', async (id) => {
    const response = await fetch(`${service.url}/files/${id}`);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await outcomeOf(response)).toBe('404 FILE_NOT_FOUND');
  });

  it('an ID in capitals, or with something behind it, names nothing', async () => {
    const { id } = await storeFile(service, 'x');
    for (const other of [id.toUpperCase(), `${id}x`, ` ${id}`, id.slice(5)]) {
      const response = await fetch(`${service.url}/files/${encodeURIComponent(other)}`);
      expect(await outcomeOf(response), other).toBe('404 FILE_NOT_FOUND');
    }
  });

  it('a deleted file is gone with the answer to its deletion', async () => {
    const { id, url } = await storeFile(service, randomBytes(100));
    await (await fetch(url)).arrayBuffer();
    await service.graphql('mutation ($id: ID!) { deleteFile(id: $id) { deleted } }', { id });
    expect(await outcomeOf(await fetch(url))).toBe('404 FILE_NOT_FOUND');
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(404);
  });

  it('a private file by its bare address is 404 FILE_NOT_FOUND, until it is public', async () => {
    const ways: readonly (() => Promise<Stored>)[] = [
      async () => await storeFile(service, 'secret', { query: '?visibility=PRIVATE' }),
      async () =>
        await storedBy(await put((await newUploadUrl(service, { visibility: 'PRIVATE' })).url, 'secret')),
    ];
    for (const store of ways) {
      const { id } = await store();
      const url = `${service.url}/files/${id}`;
      const tag = `"${sha256Of('secret')}"`;
      const requests = [
        {},
        { headers: { 'if-none-match': tag } },
        { headers: { range: 'bytes=0-' } },
        { headers: { 'if-match': '"x"' } },
      ];
      for (const request of requests)
        expect(await outcomeOf(await fetch(url, request))).toBe('404 FILE_NOT_FOUND');
      const head = await fetch(url, { method: 'HEAD' });
      expect([head.status, head.headers.get('etag')]).toEqual([404, null]);
      expect(await outcomeOf(await fetch(`${url}?download&signature=x&expires=9999999999`))).toBe(
        '404 FILE_NOT_FOUND',
      );
      const publish =
        'mutation ($id: ID!) { updateFile(id: $id, input: { visibility: PUBLIC }) { visibility } }';
      await service.graphql(publish, { id });
      expect(await (await fetch(url)).text()).toBe('secret');
    }
  });
});

describe('GRIDHOLD_DEFAULT_VISIBILITY', () => {
  it('counts where nobody says otherwise', async () => {
    const secretive = await startService({ GRIDHOLD_DEFAULT_VISIBILITY: 'PRIVATE' });
    const { id } = await storeFile(secretive, 'x');
    expect(await outcomeOf(await fetch(`${secretive.url}/files/${id}`))).toBe('404 FILE_NOT_FOUND');
    const said = await storeFile(secretive, 'x', { query: '?visibility=PUBLIC' });
    expect(await outcomeOf(await fetch(said.url))).toBe('200');
    await secretive.stop();
  });
});
