/** What the service writes of requests: one JSON line each, with the request's ID, and never a token. */
import { once } from 'node:events';
import type { Db } from 'mongodb';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { eventually } from './support/eventually.ts';
import { type Sender, senderOf, startGuardedService } from './support/guarded-service.ts';
import { RawConnection } from './support/raw-connection.ts';
import {
  databaseOf,
  newUploadUrl,
  outcomeOf,
  problemIn,
  put,
  storedBy,
  storeFile,
} from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

let service: Service;
let db: Db;

beforeAll(async () => {
  service = await startService({ GRIDHOLD_LOG_LEVEL: 'trace' });
  db = await databaseOf(service);
});

async function linesOf(requestId: string): Promise<Record<string, unknown>[]> {
  const found = (): Record<string, unknown>[] =>
    service.log().filter((line) => line['requestId'] === requestId);
  await vi.waitFor(() => expect(found().some(({ msg }) => msg === 'request')).toBe(true), {
    timeout: 30_000,
  });
  return found();
}

describe('the log', () => {
  it('is JSON, behind the lines that the start prints for people', async () => {
    await fetch(`${service.url}/health`);
    const [first = '', ...lines] = service
      .output()
      .trim()
      .split('\n')
      .filter((line) => !/^\s*(Data\s.*)?$/.test(line));
    expect(first).toMatch(/^GraphiQL {2}http/);
    for (const line of lines) {
      expect(JSON.parse(line)).toMatchObject({
        level: expect.any(Number),
        time: expect.any(String),
        msg: expect.any(String),
      });
    }
  });

  it('has one line a request: its ID, method, route, status, bytes and time', async () => {
    const { url } = await newUploadUrl(service);
    const upload = await put(url, '0123456789');
    const { url: fileUrl } = await storedBy(upload.clone());
    const download = await fetch(fileUrl, { headers: { range: 'bytes=0-3' } });
    await download.arrayBuffer();
    const [received] = await linesOf(upload.headers.get('x-request-id') ?? '');
    expect(received).toMatchObject({
      method: 'PUT',
      route: '/upload/{token}',
      status: 201,
      bytesIn: 10,
      durationMs: expect.any(Number),
    });
    const [served, ...more] = await linesOf(download.headers.get('x-request-id') ?? '');
    expect(served).toMatchObject({ method: 'GET', route: '/files/{id}', status: 206, bytesOut: 4 });
    expect(more).toEqual([]);
    const graphql = await fetch(`${service.url}/graphql?query={__typename}`, {
      headers: { 'x-request-id': 'of-my-own' },
    });
    expect(graphql.headers.get('x-request-id')).toBe('of-my-own');
    expect(await linesOf('of-my-own')).toMatchObject([{ method: 'GET', route: '/graphql', status: 200 }]);
  });

  it('says who asked, and which error it was, by HTTP and of GraphQL the first', async () => {
    const id = (name: string) => ({ headers: { 'x-request-id': name } });
    await fetch(`${service.url}/files/none`, id('of-no-file'));
    expect(await linesOf('of-no-file')).toMatchObject([
      { status: 404, code: 'FILE_NOT_FOUND', caller: 'anonymous', role: 'anonymous' },
    ]);
    await fetch(`${service.url}/upload/none`, {
      headers: { 'x-request-id': 'of-a-page', accept: 'text/html' },
    });
    expect(await linesOf('of-a-page')).toMatchObject([{ status: 404, code: 'UPLOAD_URL_NOT_FOUND' }]);
    const query = '{ a: fileUrl(id: "x", expiresIn: 0) b: documents(collection: "") { totalCount } }';
    await fetch(`${service.url}/graphql?query=${encodeURIComponent(query)}`, id('of-two-errors'));
    expect(await linesOf('of-two-errors')).toMatchObject([
      { status: 200, code: 'BAD_USER_INPUT', caller: 'admin', role: 'admin' },
    ]);
    await fetch(`${service.url}/graphql?query={__typename}`, id('of-none'));
    expect((await linesOf('of-none'))[0]).not.toHaveProperty('code');
  });

  it('names users by their subject and keys by their ID, and neither by what they prove it with', async () => {
    const proxies = { GRIDHOLD_TRUSTED_PROXIES: '127.0.0.0/8', GRIDHOLD_USER_RATE_LIMIT: '2' };
    const { service: guarded, ann, app, admin, nobody } = await startGuardedService(proxies);
    const asked = async (sender: Sender, requestId: string, path = '/graphql?query={__typename}') => {
      await sender.fetch(path, {
        headers: { 'x-request-id': requestId, 'x-forwarded-for': '2001:db8:1:2:3::4' },
      });
      await eventually(() => guarded.log().some((line) => line['requestId'] === requestId)).toBe(true);
      return guarded.log().find((line) => line['requestId'] === requestId);
    };
    expect(await asked(ann, 'as-ann')).toMatchObject({
      caller: 'user:ann',
      role: 'user',
      address: '2001:db8:1:2::/64',
    });
    // Also where who it is was the reason not to let it in.
    const outside = { caller: expect.stringMatching(/^key:/), role: 'app', address: '2001:db8:1:2::/64' };
    const metrics = await asked(app, 'as-no-operator', '/metrics');
    expect(metrics).toMatchObject({ ...outside, status: 403, code: 'FORBIDDEN' });
    let tooMany: Record<string, unknown> | undefined;
    // A minute may end in between.
    for (let again = 0; again < 6 && tooMany?.['status'] !== 429; again++) {
      tooMany = await asked(ann, `as-ann-again-${again}`);
    }
    expect(tooMany).toMatchObject({ caller: 'user:ann', status: 429, code: 'RATE_LIMITED' });
    expect(await asked(nobody, 'as-nobody')).toMatchObject({ caller: 'anonymous', role: 'anonymous' });
    const line = await asked(admin, 'as-admin');
    expect(line).toMatchObject({ caller: expect.stringMatching(/^key:key[0-9a-f]{16}$/), role: 'admin' });
    const wrong = senderOf(guarded, 'wrong', 'a-secret-that-does-not-count');
    const refused = await asked(wrong, 'as-who-knows');
    expect(refused).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    expect(refused).not.toHaveProperty('caller');
    for (const { headers } of [ann, admin, wrong]) {
      const [, credentials = ''] = headers['authorization']?.split(' ') ?? [];
      expect(credentials.length).toBeGreaterThan(20);
      expect(guarded.output()).not.toContain(credentials);
      expect(guarded.output()).not.toContain(credentials.split(/[._]/).at(-1));
    }
  });

  it('says from which address it came, and which file it was about, where an ID that may be one says so', async () => {
    const { id, url } = await storeFile(service, 'of some line');
    const asked = async (path: string, requestId: string) => {
      const headers = { 'x-request-id': requestId, 'x-forwarded-for': '203.0.113.7' };
      await (await fetch(`${service.url}${path}`, { headers })).arrayBuffer();
      return (await linesOf(requestId)).find(({ msg }) => msg === 'request');
    };
    // Anybody may write X-Forwarded-For: without a trusted proxy it tells nothing.
    const direct = { address: '127.0.0.1', route: '/files/{id}' };
    expect(await asked(new URL(url).pathname, 'of-a-file')).toMatchObject({ ...direct, fileId: id });
    const named = await asked(`/files/${id}/photo.jpg?download`, 'of-a-file-by-name');
    expect(named).toMatchObject({ ...direct, fileId: id, status: 200 });
    const gone = `${id.slice(0, -4)}zzzz`;
    expect(await asked(`/files/${gone}`, 'of-a-lost-file')).toMatchObject({ fileId: gone, status: 404 });
    for (const path of [`/files/${id}x`, `/files/x/${id}`, `/upload/${id}`, `/nowhere/${id}`, '/health']) {
      const line = await asked(path, `of-${path.length}`);
      expect(line).toMatchObject({ address: '127.0.0.1' });
      expect(JSON.stringify(line), path).not.toContain(id);
    }
  });

  it('says of a transfer that broke that it did', async () => {
    const { url } = await storeFile(service, Buffer.alloc(24_000_000, 'x'));
    const connection = await RawConnection.open(url);
    connection.head('GET', url, { 'X-Request-Id': 'broken-off' });
    await once(connection.socket, 'data');
    connection.destroy();
    expect(await linesOf('broken-off')).toMatchObject([{ status: 200, broken: true }]);
  });

  it('tells of a deletion which file, and by whom', async () => {
    const { id } = await storeFile(service, 'to be deleted');
    await service.graphql('mutation ($id: ID!) { deleteFile(id: $id) { deleted } }', { id });
    const isOfFile = (line: Record<string, unknown>): boolean =>
      JSON.stringify(line).includes(id) && line['msg'] !== 'request';
    await vi.waitFor(() => expect(service.log().filter(isOfFile)).toHaveLength(1), { timeout: 30_000 });
  });
});

describe('a fault of ours', () => {
  it('is logged once with the request’s ID, and shows the ID only', async () => {
    const { url } = await newUploadUrl(service);
    // What nobody has foreseen: MongoDB refuses every file.
    await db.command({ collMod: 'files', validator: { neverThere: { $exists: true } } });
    const problem = await problemIn(await put(url, 'x'));
    await db.command({ collMod: 'files', validator: {} });
    expect(problem).toMatchObject({ status: 500, code: 'INTERNAL_SERVER_ERROR' });
    expect(problem.detail).toContain(problem.requestId);
    expect(JSON.stringify(problem)).not.toMatch(/valid|Mongo|\.js/);
    const lines = (await linesOf(problem.requestId)).filter(({ level }) => Number(level) >= 50);
    expect(lines).toHaveLength(1);
    expect(JSON.stringify(lines)).toContain('failed validation');
    expect(service.output()).not.toContain(new URL(url).pathname);
    await storedBy(await put(url, 'x'));
  });
});

describe('no line', () => {
  it('holds a token, a signature, credentials or cookies, whatever happened', async () => {
    const secrets: string[] = ['Bearer', 'secret-of-authorization', 'secret-of-cookie', 'secret-of-proxy'];
    const headers = {
      authorization: 'Bearer secret-of-authorization',
      cookie: 'session=secret-of-cookie',
      'proxy-authorization': 'Basic secret-of-proxy',
    };
    const tokens = await Promise.all(
      [{}, { maxSize: 1 }, { expiresIn: 1 }, {}, {}].map((input) => newUploadUrl(service, input)),
    );
    for (const { url } of tokens) {
      const token = new URL(url).pathname.slice('/upload/'.length);
      secrets.push(token, token.split('.')[2] ?? token);
    }
    const [good, small, short, broken, malformed] = tokens.map(({ url }) => url);
    if (!good || !small || !short || !broken || !malformed) throw new Error('no upload URLs');
    await new Promise((resolve) => setTimeout(resolve, 1_100));

    const outcomes = [
      await outcomeOf(await put(good, 'x', { ...headers, referer: good })),
      await outcomeOf(await put(good, 'other', headers)),
      await outcomeOf(await put(small, 'xx', headers)),
      await outcomeOf(await put(short, 'x', headers)),
      await outcomeOf(await put(`${good}x`, 'x', headers)),
      await outcomeOf(await fetch(good, { method: 'DELETE', headers })),
      await outcomeOf(await fetch(`${good}/more?${new URL(good).pathname}`, { headers })),
      await outcomeOf(await fetch(`${service.url}/nowhere${new URL(good).pathname}`, { headers })),
      await outcomeOf(await fetch(`${service.url}/files/none?url=${good}`, { headers })),
    ];
    expect(outcomes).toEqual([
      '201',
      '409 UPLOAD_URL_USED',
      '413 FILE_TOO_LARGE',
      '410 UPLOAD_URL_EXPIRED',
      '404 UPLOAD_URL_NOT_FOUND',
      '405 METHOD_NOT_ALLOWED',
      '404 UPLOAD_URL_NOT_FOUND',
      '404 NOT_FOUND',
      '404 FILE_NOT_FOUND',
    ]);
    await service.graphql(`{ node(id: "${good}") { id } }`);
    await fetch(`${service.url}/graphql?query=${encodeURIComponent(`{ broken "${good}`)}`, { headers });
    const raw = await RawConnection.open(broken);
    raw
      .head('PUT', broken, { 'Content-Length': 100, Authorization: 'Bearer secret-of-authorization' })
      .send('x');
    raw.end();
    expect((await raw.answer()).status).toBe(400);
    const garbage = await RawConnection.open(malformed);
    await garbage
      .send(`PUT ${new URL(malformed).pathname} HTTP/1.1\r\nHost: localhost\r\nauthorization Bearer\r\n\r\n`)
      .answer();

    await fetch(`${service.url}/health`, { headers: { 'x-request-id': 'the-last-one' } });
    await linesOf('the-last-one');
    for (const secret of secrets) expect(service.output()).not.toContain(secret);
  });
});
