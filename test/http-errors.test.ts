/** Everything malformed has an answer: one shape, a code of the table, and words that name what was wrong. */
import { beforeAll, describe, expect, it } from 'vitest';
import { errorCodes } from '../src/errors/codes.ts';
import { RawConnection } from './support/raw-connection.ts';
import { newUploadUrl, type Problem, problemIn, put, type Stored, storeFile } from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

let service: Service;
let stored: Stored;

beforeAll(async () => {
  service = await startService();
  stored = await storeFile(service, 'bytes');
});

async function rawProblem(text: string): Promise<{ problem: Problem; connection: RawConnection }> {
  const connection = await RawConnection.open(service.url);
  const { status, headers, body } = await connection.send(text).answer();
  return { problem: await problemIn({ status, headers, text: async () => body.toString() }), connection };
}

describe('a problem document', () => {
  it('has the code of the table, its status and title, and whether to try again', async () => {
    const { url } = await newUploadUrl(service, { maxSize: 1, sha256: 'a'.repeat(64) });
    const problems = [
      await problemIn(await fetch(`${service.url}/nowhere`)),
      await problemIn(await fetch(`${service.url}/files/none`)),
      await problemIn(await fetch(stored.url, { headers: { range: 'bytes=9-' } })),
      await problemIn(await fetch(stored.url, { headers: { 'if-match': '"x"' } })),
      await problemIn(await fetch(stored.url, { method: 'DELETE' })),
      await problemIn(await put(url, 'xx')),
      await problemIn(await put(url, 'x')),
      await problemIn(await put(`${url}x`, 'x')),
    ];
    expect(problems.map(({ code }) => code)).toEqual([
      'NOT_FOUND',
      'FILE_NOT_FOUND',
      'RANGE_NOT_SATISFIABLE',
      'PRECONDITION_FAILED',
      'METHOD_NOT_ALLOWED',
      'FILE_TOO_LARGE',
      'CHECKSUM_MISMATCH',
      'UPLOAD_URL_NOT_FOUND',
    ]);
    const table: Readonly<Record<string, { status: number; title: string; retryable: boolean }>> = errorCodes;
    for (const { code, status, title, retryable, type } of problems) {
      expect({ status, title, retryable }).toEqual(table[code]);
      expect(() => new URL(type)).not.toThrow();
    }
    expect(new Set(problems.map(({ type }) => type)).size).toBe(problems.length);
  });

  it('carries the request ID that the header carries: the client’s, where it can stand there', async () => {
    const given = await fetch(`${service.url}/nowhere`, { headers: { 'x-request-id': 'my-own.id:1/2' } });
    expect(given.headers.get('x-request-id')).toBe('my-own.id:1/2');
    expect((await problemIn(given)).requestId).toBe('my-own.id:1/2');
    for (const other of ['two words', '"quoted"', 'x'.repeat(200), '<script>', '']) {
      const response = await fetch(`${service.url}/nowhere`, { headers: { 'x-request-id': other } });
      expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    }
  });
});

describe('every answer', () => {
  it('has a request ID, and each another', async () => {
    const answers = await Promise.all([
      fetch(`${service.url}/health`),
      fetch(`${service.url}/graphql?query={__typename}`),
      fetch(`${service.url}/graphql`, { method: 'POST', body: 'x' }),
      fetch(stored.url),
      fetch(stored.url, { method: 'HEAD' }),
      fetch(stored.url, { method: 'OPTIONS' }),
      fetch(`${service.url}/`, { redirect: 'manual' }),
      put((await newUploadUrl(service)).url, 'x'),
    ]);
    const ids = answers.map(({ headers }) => headers.get('x-request-id'));
    expect(
      ids.every((id) => /^[0-9a-f-]{36}$/.test(id ?? '')),
      String(ids),
    ).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('a path or method that there is not', () => {
  it.each([
    '/nowhere',
    '/file',
    '/files/a/b/c',
    '/upload',
    '/healthz',
    '/health/',
    '//health',
    '/%2e%2e/etc/passwd',
    '/files%2Fnone',
    '/graphqlx',
    '/%zz',
    '/%00',
    '/.env',
    '/Files/none',
  ])('%s is 404 NOT_FOUND', async (path) => {
    const { problem, connection } = await rawProblem(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    expect(problem).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    connection.destroy();
  });

  it.each([
    ['/health', 'POST', 'GET, HEAD, OPTIONS'],
    ['/ready', 'PUT', 'GET, HEAD, OPTIONS'],
    ['/', 'DELETE', 'GET, HEAD, OPTIONS'],
    ['/files', 'GET', 'POST, OPTIONS'],
    ['/files', 'PUT', 'POST, OPTIONS'],
    ['/files/none', 'POST', 'GET, HEAD, OPTIONS'],
    ['/files/none', 'DELETE', 'GET, HEAD, OPTIONS'],
    ['/files/none/name', 'PATCH', 'GET, HEAD, OPTIONS'],
    ['/upload/none', 'DELETE', 'GET, HEAD, POST, PUT, OPTIONS'],
    ['/upload/none', 'PATCH', 'GET, HEAD, POST, PUT, OPTIONS'],
    ['/health', 'PROPFIND', 'GET, HEAD, OPTIONS'],
  ])('%s by %s is 405 with Allow', async (path, method, allow) => {
    const response = await fetch(`${service.url}${path}`, { method });
    expect(response.headers.get('allow')).toBe(allow);
    expect(await problemIn(response)).toMatchObject({
      status: 405,
      code: 'METHOD_NOT_ALLOWED',
      allow: allow.split(', '),
    });
  });

  it('GraphQL by another method is 405 with Allow, too', async () => {
    for (const method of ['PUT', 'DELETE', 'PATCH']) {
      const response = await fetch(`${service.url}/graphql`, { method });
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toContain('POST');
    }
  });

  it('HEAD is answered wherever GET is', async () => {
    for (const path of ['/health', '/ready', '/nowhere', '/files/none']) {
      const [get, head] = await Promise.all([
        fetch(`${service.url}${path}`),
        fetch(`${service.url}${path}`, { method: 'HEAD' }),
      ]);
      expect(head.status).toBe(get.status);
      expect(head.headers.get('content-type')).toBe(get.headers.get('content-type'));
      expect(await head.text()).toBe('');
    }
  });
});

describe('what is no request', () => {
  it.each([
    ['a line that is garbage', 'garbage\r\n\r\n'],
    ['bytes of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'],
    ['another version', 'GET / HTTP/9.9\r\nHost: localhost\r\n\r\n'],
    ['HTTP/2 without asking', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a space in the target', 'GET /a b HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['no Host', 'GET /health HTTP/1.1\r\n\r\n'],
    ['two Hosts', 'GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n'],
    ['a header without a colon', 'GET /health HTTP/1.1\r\nHost: localhost\r\nnonsense\r\n\r\n'],
    ['a space before the colon', 'GET /health HTTP/1.1\r\nHost: localhost\r\nX : y\r\n\r\n'],
    [
      'a Content-Length that is no number',
      'POST /files HTTP/1.1\r\nHost: localhost\r\nContent-Length: many\r\n\r\n',
    ],
    ['a negative Content-Length', 'POST /files HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n'],
    [
      'two that differ',
      'POST /files HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
    ],
    [
      'a length and chunks, which is how requests are smuggled',
      'POST /files HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
  ])('%s is 400, and the connection closes', async (_what, text) => {
    const { problem, connection } = await rawProblem(text);
    expect(problem).toMatchObject({ status: 400, code: 'BAD_USER_INPUT', retryable: false });
    expect(await connection.closed).toBe('ended');
  });

  it('headers that are too large are refused in words', async () => {
    for (const text of [
      `GET /health HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`,
      `GET /files/none?${'x'.repeat(100_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      `GET /health HTTP/1.1\r\nHost: localhost\r\n${'X: y\r\n'.repeat(20_000)}\r\n`,
    ]) {
      const { problem } = await rawProblem(text);
      expect(problem).toMatchObject({ status: 413, code: 'REQUEST_TOO_LARGE' });
    }
  });

  it('HTTP/1.0 without Host is answered, if only with 403', async () => {
    const { problem } = await rawProblem('GET /health HTTP/1.0\r\n\r\n');
    expect(problem).toMatchObject({ status: 403, code: 'FORBIDDEN' });
  });

  it('a transfer coding that is not chunked is refused', async () => {
    const { problem } = await rawProblem(
      'POST /files HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    );
    expect(problem).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
  });

  it('none of it ends the service', async () => {
    expect((await fetch(`${service.url}/ready`)).status).toBe(200);
    expect(service.log().filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });
});
