/** Pages of other origins: bytes and upload URLs are for all of them, what acts for the caller for named ones only. */
import type { Db } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  databaseOf,
  newUploadUrl,
  outcomeOf,
  problemIn,
  put,
  type Stored,
  stockOf,
  storedBy,
  storeFile,
} from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

const foreign = 'https://evil.example';
const exposed = ['Location', 'ETag', 'Content-Range', 'Content-Disposition', 'Repr-Digest', 'Retry-After'];

let service: Service;
let narrowed: Service;
let db: Db;
let stored: Stored;

beforeAll(async () => {
  [service, narrowed] = await Promise.all([
    startService(),
    startService({ GRIDHOLD_CORS_ORIGINS: 'https://app.example, https://other.example:8443' }),
  ]);
  db = await databaseOf(service);
  stored = await storeFile(service, 'bytes for everybody');
});

function expectExposed(response: Response, origin: string): void {
  expect(response.headers.get('access-control-allow-origin')).toBe(origin);
  const list = (response.headers.get('access-control-expose-headers') ?? '')
    .split(',')
    .map((name) => name.trim());
  expect(list).toEqual(expect.arrayContaining(exposed));
}

async function query(at: Service, origin: string | null): Promise<Response> {
  return await fetch(`${at.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(origin === null ? {} : { origin }) },
    body: JSON.stringify({ query: 'mutation { generateUploadUrl { url } }' }),
  });
}

describe('bytes and upload URLs', () => {
  it.each([foreign, 'null', 'http://localhost:3000'])('may be used by pages of %s', async (origin) => {
    const headers = { origin };
    for (const request of [
      { headers },
      { headers: { origin, range: 'bytes=0-1' } },
      { method: 'HEAD', headers },
    ]) {
      const response = await fetch(stored.url, request);
      expect(response.ok).toBe(true);
      expectExposed(response, '*');
    }
    const upload = await put((await newUploadUrl(service)).url, 'x', headers);
    expectExposed(upload, '*');
    await storedBy(upload);
  });

  it('say so on errors too', async () => {
    const { url } = await newUploadUrl(service, { maxSize: 1 });
    const headers = { origin: foreign };
    const tag = (await fetch(stored.url)).headers.get('etag') ?? '';
    const answers: readonly (readonly [number, Promise<Response>])[] = [
      [404, fetch(`${service.url}/files/none`, { headers })],
      [416, fetch(stored.url, { headers: { ...headers, range: 'bytes=9999-' } })],
      [412, fetch(stored.url, { headers: { ...headers, 'if-match': '"x"' } })],
      [304, fetch(stored.url, { headers: { ...headers, 'if-none-match': tag } })],
      [413, put(url, 'xx', headers)],
      [415, put(url, 'x', { ...headers, 'content-encoding': 'gzip' })],
      [404, put(`${url}x`, 'x', headers)],
      [405, fetch(stored.url, { method: 'DELETE', headers })],
      [404, fetch(`${service.url}/nowhere`, { headers })],
    ];
    for (const [status, answer] of answers) {
      expect((await answer).status).toBe(status);
      expectExposed(await answer, '*');
    }
  });
});

describe('a preflight', () => {
  const preflight = async (at: Service, path: string, method: string, origin: string): Promise<Response> =>
    await fetch(`${at.url}${path}`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': 'content-type,authorization,content-digest,x-my-own',
      },
    });

  const open: readonly (readonly [path: string, method: string])[] = [
    ['/files/none', 'GET'],
    ['/files/none/name.txt', 'GET'],
    ['/upload/none', 'PUT'],
    ['/upload/none', 'POST'],
    ['/health', 'GET'],
    ['/ready', 'GET'],
  ];
  const closed: readonly (readonly [path: string, method: string])[] = [
    ['/files', 'POST'],
    ['/graphql', 'POST'],
    ['/graphql', 'GET'],
  ];

  it.each(open)('of %s for %s allows every origin, method and header', async (path, method) => {
    const response = await preflight(service, path, method, foreign);
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-allow-methods')).toContain(method);
    const allowed = response.headers.get('access-control-allow-headers') ?? '';
    for (const name of ['content-type', 'authorization', 'content-digest', 'x-my-own'])
      expect(allowed).toContain(name);
    expect(Number(response.headers.get('access-control-max-age'))).toBeGreaterThan(0);
  });

  it.each(closed)('of %s for %s allows loopback, and refuses others', async (path, method) => {
    const allowed = await preflight(service, path, method, 'http://localhost:5173');
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe('http://localhost:5173');
    expect(allowed.headers.get('access-control-allow-methods')).toContain(method);
    for (const origin of [foreign, 'null']) {
      const refused = await preflight(service, path, method, origin);
      expect(refused.headers.has('access-control-allow-origin')).toBe(false);
      expect(await outcomeOf(refused)).toBe('403 FORBIDDEN');
    }
  });

  it('of /graphql names the methods that it takes, and the answer to them varies by what it is chosen by', async () => {
    const allowed = (await fetch(`${service.url}/graphql`, { method: 'OPTIONS' })).headers.get('allow') ?? '';
    expect(allowed.split(', ').sort()).toEqual(['GET', 'OPTIONS', 'POST']);
    const page = await fetch(`${service.url}/graphql`, { headers: { accept: 'text/html' } });
    expect([page.status, page.headers.get('content-type')]).toEqual([
      200,
      expect.stringContaining('text/html'),
    ]);
    expect(page.headers.get('vary')?.toLowerCase().split(', ').sort()).toEqual(['accept', 'origin']);
  });

  it.each([...open, ...closed].map(([path]) => path))(
    'OPTIONS of %s without an origin is 204 with Allow',
    async (path) => {
      const response = await fetch(`${service.url}${path}`, { method: 'OPTIONS' });
      expect(response.status).toBe(204);
      expect(response.headers.get('allow')).toContain('OPTIONS');
    },
  );
});

describe('GraphQL and POST /files', () => {
  const refused = [
    foreign,
    'null',
    'http://evil.example:4000',
    'http://localhost.evil.example',
    'http://127.0.0.1.evil.example:4000',
    'https://127.0.0.2@evil.example',
    'file://',
    'chrome-extension://abcdefgh',
    'nonsense',
    '',
  ];

  it.each(refused)('refuse %j with 403 before anything is done', async (origin) => {
    const before = await stockOf(db);
    const urls = await db.collection('uploadUrls').countDocuments();
    const answers = [
      await query(service, origin),
      await fetch(`${service.url}/graphql?query={__typename}`, { headers: { origin } }),
      await fetch(`${service.url}/files`, { method: 'POST', headers: { origin }, body: 'x' }),
    ];
    for (const answer of answers) {
      expect(answer.headers.has('access-control-allow-origin')).toBe(false);
      expect(await problemIn(answer)).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    }
    expect(await stockOf(db)).toEqual(before);
    expect(await db.collection('uploadUrls').countDocuments()).toBe(urls);
  });

  it('refuse a GraphQL client where it looks for errors, too', async () => {
    const answer = await query(service, foreign);
    const { errors, detail, requestId } = await answer.json();
    expect(errors).toEqual([
      { message: detail, extensions: { code: 'FORBIDDEN', retryable: false, requestId } },
    ]);
    const storing = await fetch(`${service.url}/files`, {
      method: 'POST',
      headers: { origin: foreign },
      body: 'x',
    });
    expect(await storing.json()).not.toHaveProperty('errors');
  });

  it.each([
    'http://localhost:3000',
    'http://localhost',
    'https://localhost:3000',
    'http://127.0.0.1:5173',
    'http://127.9.9.9',
    'http://[::1]:8080',
    'http://app.localhost:3000',
  ])('take %s, which is loopback', async (origin) => {
    const answer = await query(service, origin);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('/upload/');
    expectExposed(answer, origin);
    expect(answer.headers.get('vary')).toMatch(/origin/i);
    const storing = await fetch(`${service.url}/files`, { method: 'POST', headers: { origin }, body: 'x' });
    expectExposed(storing, origin);
    await storedBy(storing);
  });

  it('take their own origin, and requests without one', async () => {
    for (const origin of [service.url, null]) {
      const answer = await query(service, origin);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      const headers = origin === null ? {} : { origin };
      await storedBy(await fetch(`${service.url}/files`, { method: 'POST', headers, body: 'x' }));
    }
  });

  it('name the allowed origin on their errors', async () => {
    const origin = 'http://localhost:3000';
    const refusal = await fetch(`${service.url}/files?visibility=x`, {
      method: 'POST',
      headers: { origin },
      body: 'x',
    });
    expect(refusal.status).toBe(400);
    expectExposed(refusal, origin);
    const malformed = await fetch(`${service.url}/graphql`, {
      method: 'POST',
      headers: { origin, 'content-type': 'application/json' },
      body: '{',
    });
    expect(malformed.status).toBe(400);
    expectExposed(malformed, origin);
  });
});

describe('GRIDHOLD_CORS_ORIGINS', () => {
  it('names who may use everything', async () => {
    const { url } = await storeFile(narrowed, 'x');
    for (const origin of ['https://app.example', 'https://other.example:8443', narrowed.url]) {
      expect((await query(narrowed, origin)).status).toBe(200);
      expectExposed(await fetch(url, { headers: { origin } }), origin);
      expectExposed(await put((await newUploadUrl(narrowed)).url, 'x', { origin }), origin);
    }
  });

  it('shuts others out: no page of theirs reads bytes, and nothing of theirs is stored', async () => {
    const { url } = await storeFile(narrowed, 'x');
    for (const origin of [
      foreign,
      'http://app.example',
      'https://app.example:8443',
      'https://sub.app.example',
      'null',
      'http://localhost:3000',
    ]) {
      const bytes = await fetch(url, { headers: { origin } });
      expect(bytes.headers.has('access-control-allow-origin'), origin).toBe(false);
      expect(bytes.headers.get('vary')).toMatch(/origin/i);
      const upload = await newUploadUrl(narrowed);
      expect(await outcomeOf(await put(upload.url, 'x', { origin })), origin).toBe('403 FORBIDDEN');
      expect(await outcomeOf(await put(upload.url, 'x'))).toBe('201');
      expect((await query(narrowed, origin)).status, origin).toBe(403);
    }
    // A page of any origin may be told apart by a shared cache.
    expect((await fetch(url)).headers.get('vary')).toMatch(/origin/i);
  });
});
