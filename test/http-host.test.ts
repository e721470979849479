/** Under which names the service answers: loopback's and the public URL's, or a page could have its own rebound to us. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import { RawConnection } from './support/raw-connection.ts';
import { newUploadUrl, type Stored, storeFile } from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

let service: Service;
let stored: Stored;

beforeAll(async () => {
  service = await startService();
  stored = await storeFile(service, 'bytes');
});

/** With a public URL the start names that, and a port that it chose itself would stay unknown. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address ? address.port : 0;
}

describe('Host', () => {
  const request = async (
    host: string,
    target: string,
    method = 'GET',
  ): Promise<{ status: number; body: string }> => {
    const connection = await RawConnection.open(service.url);
    connection.send(`${method} ${target} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 0\r\n\r\n`);
    const { status, body } = await connection.answer();
    connection.destroy();
    return { status, body: body.toString() };
  };

  it.each([
    'evil.example',
    'evil.example:4000',
    '127.0.0.1.evil.example',
    'localhost.evil.example:80',
    '169.254.169.254',
    '0.0.0.0:4000',
    '192.168.1.5:4000',
    '[::2]:4000',
    'user@127.0.0.1',
    '127.0.0.1/evil.example',
    '',
  ])('%j, to which a name may have been rebound, is 403 on every route', async (host) => {
    const { pathname } = new URL((await newUploadUrl(service)).url);
    const targets = [
      ['GET', '/'],
      ['GET', '/health'],
      ['GET', '/ready'],
      ['GET', '/graphql?query={__typename}'],
      ['POST', '/graphql'],
      ['OPTIONS', '/graphql'],
      ['POST', '/files'],
      ['GET', new URL(stored.url).pathname],
      ['PUT', pathname],
      ['GET', pathname],
      ['GET', '/nowhere'],
    ] as const;
    for (const [method, target] of targets) {
      const { status, body } = await request(host, target, method);
      expect(status, `${method} ${target}`).toBe(403);
      expect(JSON.parse(body)).toMatchObject({ code: 'FORBIDDEN' });
    }
  });

  it.each(['localhost', 'LOCALHOST:1', '127.0.0.1:65535', '127.1.2.3', '[::1]:80', 'files.localhost:3000'])(
    '%s is loopback, and served',
    async (host) => {
      expect((await request(host, '/health')).status).toBe(200);
    },
  );

  it('counts in an absolute target as in the header', async () => {
    expect((await request('localhost', 'http://evil.example/health')).status).toBe(403);
    expect((await request('evil.example', 'http://localhost/health')).status).toBe(403);
    expect((await request('localhost', 'http://127.0.0.1/health')).status).toBe(200);
  });
});

describe('GRIDHOLD_PUBLIC_URL', () => {
  it('is a Host that is served, an origin of our own, and what addresses begin with', async () => {
    const port = await freePort();
    await startService({
      GRIDHOLD_PUBLIC_URL: 'https://files.example/api/',
      GRIDHOLD_CDN_URL: 'https://cdn.example/f',
      PORT: String(port),
    });
    const connection = await RawConnection.open(`http://127.0.0.1:${port}`);
    const ask = async (method: string, target: string, body = '', origin = 'https://files.example') => {
      const type = 'Content-Type: application/json';
      connection.send(
        `${method} ${target} HTTP/1.1\r\nHost: files.example\r\nOrigin: ${origin}\r\n${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      return await connection.answer();
    };
    const mutation = JSON.stringify({ query: 'mutation { generateUploadUrl { url } }' });
    for (const prefix of ['', '/api']) {
      const answer = await ask('POST', `${prefix}/graphql`, mutation);
      const [, path] = /"https:\/\/files\.example\/api(\/upload\/[^"]+)"/.exec(answer.body.toString()) ?? [];
      expect(path).toBeDefined();
      const uploaded = await ask('PUT', `${prefix}${path}`, '{}');
      const { url }: Stored = JSON.parse(uploaded.body.toString());
      // Bytes come from the CDN; what is told of the upload is where we are.
      expect(url).toMatch(/^https:\/\/cdn\.example\/f\/files\/file_/);
      const location = uploaded.headers.get('location') ?? '';
      expect(location).toBe(url.replace('https://cdn.example/f', 'https://files.example/api'));
      const served = await ask('GET', `${prefix}${new URL(url).pathname.replace('/f', '')}`);
      expect([served.status, served.body.toString()]).toEqual([200, '{}']);
    }
    expect((await ask('POST', '/graphql', mutation, 'https://files.example.evil')).status).toBe(403);
    connection.destroy();
  });
});
