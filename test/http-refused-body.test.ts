/** What becomes of a body that nobody wants: its client, which still sends, sees the answer. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { RawConnection } from './support/raw-connection.ts';
import { newUploadUrl, outcomeOf, problemIn, put, storedBy } from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

const twentyMegabytes = randomBytes(20_000_000);
let service: Service;

beforeAll(async () => {
  service = await startService({ GRIDHOLD_MAX_UPLOAD_SIZE: '1MB' });
});

function formOf(bytes: Uint8Array): FormData {
  const form = new FormData();
  form.append('file', new Blob([Buffer.from(bytes)]), 'film.bin');
  return form;
}

const uploadUrl = async (): Promise<string> => (await newUploadUrl(service)).url;
const tooLarge: readonly (readonly [what: string, send: () => Promise<Response>])[] = [
  ['a raw body to an upload URL', async () => await put(await uploadUrl(), twentyMegabytes)],
  ['a form', async () => await fetch(await uploadUrl(), { method: 'POST', body: formOf(twentyMegabytes) })],
  [
    'a raw body to POST /files',
    async () => await fetch(`${service.url}/files`, { method: 'POST', body: twentyMegabytes }),
  ],
];

describe('a refused upload of 20 MB', () => {
  it.each(tooLarge)('as %s: the client sees 413, and may go on', async (_what, send) => {
    for (let round = 0; round < 3; round++) {
      expect(await problemIn(await send())).toMatchObject({ code: 'FILE_TOO_LARGE', maxSize: 1_000_000 });
    }
    expect((await fetch(`${service.url}/health`)).status).toBe(200);
  });

  it.each([
    ['404', async () => `${await uploadUrl()}x`, {}],
    ['405', async () => `${service.url}/health`, {}],
    ['403', async () => `${service.url}/files`, { origin: 'https://evil.example' }],
    ['415', async () => await uploadUrl(), { 'content-encoding': 'gzip' }],
    ['400', async () => `${service.url}/files?visibility=secret`, {}],
  ])('for another reason: the client sees %s', async (status, address, headers) => {
    const response = await fetch(await address(), { method: 'POST', headers, body: twentyMegabytes });
    expect(String(response.status)).toBe(status);
    await problemIn(response);
  });

  it('of a used URL: the client sees 409', async () => {
    const url = await uploadUrl();
    await storedBy(await put(url, 'the first'));
    expect(await outcomeOf(await put(url, twentyMegabytes))).toBe('409 UPLOAD_URL_USED');
  });

  it('leaves the connection to the next request, where the client sends all of it', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const send = async (
      path: string,
      body: Uint8Array,
    ): Promise<{ status: number | undefined; port: number | undefined }> => {
      const sending = request(`${service.url}${path}`, {
        agent,
        method: body.byteLength > 0 ? 'POST' : 'GET',
      });
      sending.end(body);
      const [response] = await once(sending, 'response');
      response.resume();
      await once(response, 'end');
      return { status: response.statusCode, port: sending.socket?.localPort };
    };
    const refused = await send('/files', twentyMegabytes);
    const next = await send('/health', Buffer.alloc(0));
    expect(refused.status).toBe(413);
    expect(next).toEqual({ status: 200, port: refused.port });
    agent.destroy();
  });

  it('is answered while it is still sent, and a client that stops sending is not waited for in vain', async () => {
    const url = `${service.url}/files`;
    const connection = await RawConnection.open(url);
    connection.head('POST', url, { 'Content-Length': 20_000_000 }).send(twentyMegabytes.subarray(0, 100_000));
    expect((await connection.answer()).status).toBe(413);
    connection.end();
    expect(await connection.closed).toBe('ended');
  });

  it.each([
    ['a route', '/files', { 'Content-Length': 20_000_000 }, 413],
    ['GraphQL', '/graphql', { 'Content-Length': 2_000_000, 'Content-Type': 'text/plain' }, 415],
  ])(
    'of %s is not closed under a client that still sends, though it asked for a close',
    async (_what, path, headers, status) => {
      const url = `${service.url}${path}`;
      const connection = await RawConnection.open(url);
      const sent = twentyMegabytes.subarray(0, 50_000);
      connection.head('POST', url, { ...headers, Connection: 'close' }).send(sent);
      expect((await connection.answer()).status).toBe(status);
      const isOver = await Promise.race([connection.closed, pause(500, 'still open')]);
      expect(isOver).toBe('still open');
      connection.send(twentyMegabytes.subarray(sent.byteLength, headers['Content-Length']));
      expect(await connection.closed).toBe('ended');
    },
  );

  it('after Expect: 100-continue gets its answer, and a connection that is closed', async () => {
    const url = `${service.url}/files`;
    const connection = await RawConnection.open(url);
    connection.head('POST', url, { 'Content-Length': 20_000_000, Expect: '100-continue' });
    const answer = await connection.answer();
    expect(answer.status).toBe(413);
    expect(answer.headers.get('connection')).toBe('close');
    expect(await connection.closed).toBe('ended');
  });
});

describe('a body where none is expected', () => {
  it('does not hinder GET, and the connection carries the next request', async () => {
    const connection = await RawConnection.open(service.url);
    const url = `${service.url}/health`;
    connection.head('GET', url, { 'Content-Length': 5 }).send('hello').head('GET', url);
    expect((await connection.answer()).status).toBe(200);
    expect((await connection.answer()).status).toBe(200);
    connection.destroy();
  });
});

describe('a client that closes its sending half', () => {
  it('after a whole request still gets its answer', async () => {
    const url = `${service.url}/files`;
    const connection = await RawConnection.open(url);
    connection.head('POST', url, { 'Content-Length': 5 }).send('hello').end();
    expect((await connection.answer()).status).toBe(201);
    expect(await connection.closed).toBe('ended');
  });
});

describe('pipelined requests', () => {
  it('are answered in their order', async () => {
    const connection = await RawConnection.open(service.url);
    connection
      .head('GET', `${service.url}/health`)
      .head('GET', `${service.url}/files/none`)
      .head('POST', `${service.url}/files`, { 'Content-Length': 3 })
      .send('abc')
      .head('GET', `${service.url}/ready`);
    const statuses: number[] = [];
    for (let count = 0; count < 4; count++) statuses.push((await connection.answer()).status);
    expect(statuses).toEqual([200, 404, 201, 200]);
    connection.destroy();
  });
});
