/** storeFileFromUrl and sendFile as people use them: through GraphQL, in a service with its log, its memory and its time. */
import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { connect } from 'node:net';
import type { Db } from 'mongodb';
import { beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import { newFile, refusal } from './support/graphql-calls.ts';
import { databaseOf, sha256Of, stockOf } from './support/requests.ts';
import { type GraphqlAnswer, type Service, startService } from './support/service.ts';
import {
  bodyOf,
  type Canary,
  certificatePath,
  openCanary,
  openSecureThirdParty,
  openThirdParty,
  type ThirdParty,
} from './support/third-party.ts';

let service: Service;
let db: Db;
let party: ThirdParty;
let proxy: Canary;
let answer: RequestListener;

beforeAll(async () => {
  proxy = await openCanary();
  const proxyUrl = `http://127.0.0.1:${proxy.port}`;
  service = await startService({
    GRIDHOLD_FETCH_ALLOW: '127.0.0.1, localhost',
    GRIDHOLD_LOG_LEVEL: 'trace',
    NODE_EXTRA_CA_CERTS: certificatePath,
    // What a careless environment may say.
    NODE_TLS_REJECT_UNAUTHORIZED: '0',
    NODE_USE_ENV_PROXY: '1',
    http_proxy: proxyUrl,
    HTTP_PROXY: proxyUrl,
    HTTPS_PROXY: proxyUrl,
    ALL_PROXY: proxyUrl,
  });
  db = await databaseOf(service);
  party = await openThirdParty((request, response) => answer(request, response));
});

beforeEach(() => {
  answer = (_request, response) => response.setHeader('Content-Type', 'text/plain').end('from afar');
});

type Stored = {
  storeFileFromUrl: { id: string; filename: string | null; size: number; sha256: string; refCount: number };
};

async function storeFrom(url: string, input: object = {}): Promise<GraphqlAnswer<Stored>> {
  return await service.graphql<Stored>(
    'mutation ($url: URL!, $input: StoreFileInput) { storeFileFromUrl(url: $url, input: $input) { id filename size sha256 refCount } }',
    { url, input },
  );
}

async function send(id: string, to: object): Promise<GraphqlAnswer<{ sendFile: { status: number } }>> {
  return await service.graphql(
    'mutation ($id: ID!, $to: SendFileInput!) { sendFile(id: $id, to: $to) { status } }',
    {
      id,
      to,
    },
  );
}

test('a file comes from one third party and goes to another', async () => {
  const { data } = await storeFrom(`${party.url}/list.txt`, {
    attachTo: { document: { collection: 'posts', documentId: '1' } },
  });
  expect(data.storeFileFromUrl).toMatchObject({ filename: 'list.txt', size: 9, refCount: 1 });
  let received = '';
  answer = async (request, response) => {
    received = `${request.method} ${request.headers.authorization} ${await bodyOf(request)}`;
    response.writeHead(204).end();
  };
  const to = { url: `${party.url}/print`, headers: { Authorization: 'Bearer x' } };
  expect((await send(data.storeFileFromUrl.id, to)).data.sendFile).toEqual({ status: 204 });
  expect(received).toBe('PUT Bearer x from afar');
});

test('refusals have their codes, and name no address', async () => {
  const id = await newFile(service);
  const inside = refusal(await storeFrom('http://169.254.169.254/latest/meta-data/'));
  expect(inside).toEqual({ code: 'FETCH_REFUSED', message: '169.254.169.254 is not a public address' });
  expect(refusal(await send(id, { url: 'http://[::1]:9/' })).code).toBe('FETCH_REFUSED');
  const unreached = refusal(await send(id, { url: 'http://localhost:1/' }));
  expect(unreached).toEqual({ code: 'FETCH_FAILED', message: 'localhost:1 refuses the connection' });
  for (const url of ['nonsense', '', '/x'])
    expect(refusal(await storeFrom(url)).code, url).toBe('BAD_USER_INPUT');
  expect(refusal(await send(id, { url: party.url, headers: { Host: 'x' } })).code).toBe('BAD_USER_INPUT');
});

describe('by TLS', () => {
  it('a good certificate counts, and another name’s does not, whatever the environment says', async () => {
    const secure = await openSecureThirdParty((_request, response) => response.end('in secret'));
    const { data } = await storeFrom(`https://localhost:${secure.port}/`);
    expect(data.storeFileFromUrl.sha256).toBe(sha256Of('in secret'));
    const refused = refusal(await storeFrom(`https://127.0.0.1:${secure.port}/`));
    expect(refused.code).toBe('FETCH_FAILED');
    expect(refused.message).toContain('an invalid certificate');
    const plain = refusal(await storeFrom(`https://localhost:${party.port}/`));
    expect(plain).toEqual({ code: 'FETCH_FAILED', message: expect.stringContaining('TLS') });
  });

  it('a redirect does not lead out of it', async () => {
    const secure = await openSecureThirdParty((_request, response) =>
      response.writeHead(302, { Location: party.url }).end(),
    );
    expect(refusal(await storeFrom(`https://localhost:${secure.port}/`)).message).toContain('https to http');
  });
});

test('no proxy of the environment is asked', async () => {
  expect((await storeFrom(party.url)).errors).toBeUndefined();
  expect(proxy.connections()).toBe(0);
});

test('a client that goes away ends what it asked for', async () => {
  const before = await stockOf(db);
  const client = new AbortController();
  let isLeft = false;
  answer = (_request, response) => {
    response.on('close', () => {
      isLeft = true;
    });
    response.write('x');
    client.abort();
  };
  const asked = fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: `mutation { storeFileFromUrl(url: "${party.url}") { id } }` }),
    signal: client.signal,
  });
  await expect(asked).rejects.toThrow('abort');
  // Well before silence would have ended it.
  await expect.poll(() => isLeft, { timeout: 10_000 }).toBe(true);
  await expect.poll(() => stockOf(db)).toEqual(before);
  expect(service.log().filter(({ level }) => Number(level) >= 50)).toEqual([]);
});

test('a client that only closed its sending half is still there, and gets its answer', async () => {
  let end = (): void => undefined;
  answer = (_request, response) => {
    end = () => response.end('at last');
  };
  const { hostname, port } = new URL(service.url);
  const body = JSON.stringify({ query: `mutation { storeFileFromUrl(url: "${party.url}") { size } }` });
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  socket.end(
    `POST /graphql HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  let answered = '';
  for await (const piece of socket) {
    answered += String(piece);
    // The third party has its time: the client is asked whether it is there before it is answered.
    if (answered.startsWith('HTTP/1.1 102 Processing')) end();
  }
  expect(answered).toMatch(/^(HTTP\/1\.1 102 Processing\r\n\r\n)+HTTP\/1\.1 200 OK\r\n/);
  expect(answered).toContain('{"data":{"storeFileFromUrl":{"size":7}}}');
});

test('the log tells of each by its host, and holds no header, no path and no query', async () => {
  const id = await newFile(service);
  const secrets = ['secret-path', 'secret-query', 'secret-header', 'secret-redirect'];
  const headers = {
    Authorization: 'Bearer secret-header',
    Cookie: 'a=secret-header',
    'X-Token': 'secret-header',
  };
  const url = `${party.url}/secret-path?token=secret-query`;
  const answers: RequestListener[] = [
    answer,
    (request, response) => {
      request.resume();
      response.writeHead(500).end('secret-header');
    },
    (request, response) => {
      request.resume();
      response.writeHead(307, { Location: 'http://10.0.0.1/secret-redirect' }).end();
    },
    (request) => request.destroy(),
  ];
  for (const next of answers) {
    answer = next;
    await storeFrom(url);
    await send(id, { url, headers });
  }
  await storeFrom('http://127.0.0.9/secret-path?secret-query');
  await storeFrom('http://user:secret-header@127.0.0.1/secret-path');
  await storeFrom(`nonsense://${secrets[0]}`.slice(0, 11));
  await send(id, { url, headers: { 'X-Token': 'secret-header\n' } });
  await send(id, { url, headers: { Authorization: 'secret-header', Host: 'secret-header' } });
  const lines = service.log().filter(({ event }) => event === 'send');
  expect(lines.at(-1)).toMatchObject({
    host: new URL(party.url).host,
    fileId: id,
    code: 'FETCH_FAILED',
    by: 'admin',
  });
  for (const secret of secrets) expect(service.output()).not.toContain(secret);
});

test.skipIf(process.platform !== 'linux')(
  'large files pass through in bounded memory, both ways',
  async () => {
    const mebibyte = 1_048_576;
    const piece = Buffer.alloc(mebibyte, 'a line of text that goes on and on. ');
    const rssBytes = (): number => {
      const [, kibibytes] =
        /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${service.process.pid}/status`, 'utf8')) ?? [];
      return Number(kibibytes) * 1_024;
    };
    let left = 0;
    let received = 0;
    answer = async (request, response) => {
      for await (const bytes of request) received += bytes.length;
      if (request.method === 'PUT') return response.end();
      const more = (): void => {
        while (left-- > 0) if (!response.write(piece)) return;
        response.end();
      };
      response.on('drain', more);
      return more();
    };
    const pass = async (size: number): Promise<void> => {
      left = size / mebibyte;
      received = 0;
      const { data } = await storeFrom(party.url);
      expect(data.storeFileFromUrl.size).toBe(size);
      expect((await send(data.storeFileFromUrl.id, { url: party.url })).errors).toBeUndefined();
      expect(received).toBe(size);
    };
    // Fills once what readers and writers may hold together.
    await pass(48 * mebibyte);
    const before = rssBytes();
    let most = before;
    const timer = setInterval(() => {
      most = Math.max(most, rssBytes());
    }, 10);
    await pass(192 * mebibyte).finally(() => clearInterval(timer));
    expect(most - before).toBeLessThan(96 * mebibyte);
  },
);
