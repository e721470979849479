/** docs/caching-proxy.md, executed: nginx as it is configured there, before a real service. */
import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually } from './support/eventually.ts';
import { freePort, missingNginx, startNginx } from './support/nginx.ts';
import { type Service, startService } from './support/service.ts';

const missing = await missingNginx();
if (missing) it.skip(`A caching proxy: ${missing}`);

describe.skipIf(missing)('nginx in front of public files', () => {
  const bytes = randomBytes(700_000);
  let service: Service;
  let proxy: string;

  beforeAll(async () => {
    const [port, servicePort] = [await freePort(), await freePort()];
    proxy = `http://127.0.0.1:${port}`;
    service = await startService({
      GRIDHOLD_CDN_URL: proxy,
      PORT: String(servicePort),
      GRIDHOLD_PUBLIC_URL: `http://127.0.0.1:${servicePort}`,
      // Short, so that its end can be waited for; nothing here rests on being faster than it.
      GRIDHOLD_PUBLIC_MAX_AGE: '3s',
    });
    await startNginx(port, service.url);
  });

  async function store(query = '', body = bytes): Promise<{ id: string; url: string }> {
    const answer = await fetch(`${service.url}/files?filename=a.bin${query}`, { method: 'POST', body });
    return await answer.json();
  }

  /** The first answer that the cache says this of. */
  async function answered(status: string, url: string, init: RequestInit = {}): Promise<Response> {
    let answer = await fetch(url, init);
    // nginx says it twice in what it refuses itself.
    const told = (): string | undefined => answer.headers.get('x-cache-status')?.split(', ')[0];
    await eventually(async () => {
      if (told() !== status) {
        await answer.arrayBuffer();
        answer = await fetch(url, init);
      }
      return told();
    }).toBe(status);
    return answer;
  }

  it('serves a file from its cache, with all its headers', async () => {
    const { id, url } = await store();
    expect(url).toBe(`${proxy}/files/${id}`);
    const direct = await fetch(`${service.url}/files/${id}`);
    await direct.arrayBuffer();
    const hit = await answered('HIT', url);
    expect(Buffer.from(await hit.arrayBuffer()).equals(bytes)).toBe(true);
    for (const name of [
      ...['etag', 'content-type', 'content-length', 'content-disposition', 'cache-control', 'repr-digest'],
      ...['content-security-policy', 'x-content-type-options', 'cross-origin-resource-policy', 'cache-tag'],
    ])
      expect([name, hit.headers.get(name)]).toEqual([name, direct.headers.get(name)]);
  });

  it('answers ranges, HEAD and preconditions of it as we do', async () => {
    const { url } = await store('', randomBytes(1_000));
    const whole = Buffer.from(await (await answered('HIT', url)).arrayBuffer());
    const range = await answered('HIT', url, { headers: { range: 'bytes=10-19' } });
    expect([range.status, range.headers.get('content-range')]).toEqual([206, 'bytes 10-19/1000']);
    expect(Buffer.from(await range.arrayBuffer()).equals(whole.subarray(10, 20))).toBe(true);
    const behind = await answered('HIT', url, { headers: { range: 'bytes=1000-' } });
    expect([behind.status, behind.headers.get('content-range')]).toEqual([416, 'bytes */1000']);
    const head = await answered('HIT', url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '1000', '']);
    const etag = head.headers.get('etag') ?? '';
    const same = await answered('HIT', url, { headers: { 'if-none-match': etag } });
    expect([same.status, same.headers.get('etag'), await same.text()]).toEqual([304, etag, '']);
    const other = await answered('HIT', url, { headers: { 'if-match': '"other"' } });
    expect(other.status).toBe(412);
  });

  it('asks for what is too old by its ETag', async () => {
    const { url } = await store();
    const again = await answered('REVALIDATED', url);
    expect(Buffer.from(await again.arrayBuffer()).equals(bytes)).toBe(true);
  });

  it('lets a deleted file go when its max-age is over', async () => {
    const { id, url } = await store();
    await (await answered('HIT', url)).arrayBuffer();
    await service.graphql('mutation($id: ID!) { deleteFile(id: $id) { deleted } }', { id });
    await eventually(async () => (await fetch(url)).status).toBe(404);
  });

  it('keeps nothing of a private file, nor of what is not there', async () => {
    const { id, url } = await store('&visibility=PRIVATE');
    const signed = new URL(url);
    expect(signed.origin).toBe(service.url);
    for (const look of [`${signed.pathname}${signed.search}`, `/files/${id}`, '/files/file_none']) {
      const status = look.includes('signature') ? 200 : 404;
      for (let time = 0; time < 3; time++) {
        const answer = await fetch(`${proxy}${look}`);
        expect([answer.status, answer.headers.get('x-cache-status')]).toEqual([status, 'MISS']);
        await answer.arrayBuffer();
      }
    }
    expect((await fetch(`${proxy}/graphql`)).status).toBe(404);
  });

  it('keeps nothing of a transfer that broke', async () => {
    const { url, id } = await store('', randomBytes(2_900_000));
    const client = await new MongoClient(inject('mongodbUri')).connect();
    const db = client.db(service.database);
    const file = await db.collection<{ _id: string; blobId: unknown }>('files').findOne({ _id: id });
    const last = { files_id: file?.blobId, n: 11 };
    const taken = await db.collection('blobs.chunks').findOneAndDelete(last);
    for (let time = 0; time < 2; time++)
      await expect(fetch(url).then((answer) => answer.arrayBuffer())).rejects.toThrow();
    await db.collection('blobs.chunks').insertOne(taken ?? {});
    await client.close();
    expect((await (await fetch(url)).arrayBuffer()).byteLength).toBe(2_900_000);
  });
});
