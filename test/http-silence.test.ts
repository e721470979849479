/**
 * Clients that fall silent, and bodies that nobody wants: the bounds, made short, on the service's own server, which
 * runs in the test's process, because its bounds are no settings.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { eventually } from './support/eventually.ts';
import { type LocalServer, startLocalServer } from './support/local-server.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { RawConnection } from './support/raw-connection.ts';
import { outcomeOf, put, stockOf } from './support/requests.ts';

let store: TestGridhold;
/** Soon tired of everybody. */
let server: LocalServer;
/** With room for a process that is held up, where a client must not be taken for a silent one. */
let patient: LocalServer;

beforeAll(async () => {
  store = await openTestGridhold();
  server = await startLocalServer(store.gridhold, { requestStallMs: 400, drainMs: 700 });
  patient = await startLocalServer(store.gridhold, {
    requestStallMs: 2_500,
    drainBytes: 2_000_000,
    drainMs: 60_000,
  });
});

async function urlFor({ url: origin }: LocalServer): Promise<string> {
  const { url } = await store.gridhold.generateUploadUrl();
  return `${origin}${new URL(url).pathname}`;
}

/** One that the deadline ends is a client that was left waiting: far beyond the bounds, since a machine may be busy. */
async function inTime<T>(work: Promise<T>): Promise<T | 'nothing came'> {
  return await Promise.race([work, pause(30_000, 'nothing came' as const)]);
}

describe('a client that we wait for', () => {
  it.each([
    ['to an upload URL', async () => await urlFor(server), {}],
    [
      'to an upload URL as a form',
      async () => await urlFor(server),
      { 'Content-Type': 'multipart/form-data; boundary=b' },
    ],
    ['to POST /files', async () => `${server.url}/files`, {}],
    ['to GraphQL', async () => `${server.url}/graphql`, { 'Content-Type': 'application/json' }],
  ])(
    'and that falls silent in its body %s gets 408, and the connection closes',
    async (_where, address, headers) => {
      const before = await stockOf(store.db);
      const url = await address();
      const connection = await RawConnection.open(url);
      connection.head('POST', url, { 'Content-Length': 1_000, ...headers }).send('{"query":');
      const answer = await inTime(connection.answer());
      if (answer === 'nothing came') throw new Error(answer);
      expect(answer.status).toBe(408);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(JSON.parse(answer.body.toString())).toMatchObject({ code: 'REQUEST_TIMEOUT', retryable: true });
      expect(await inTime(connection.closed)).toBe('ended');
      await eventually(() => stockOf(store.db)).toEqual(before);
      if (url.includes('/upload/')) expect(await outcomeOf(await put(url, 'the next'))).toBe('201');
    },
  );

  it('and that is slow but goes on is served, however long it takes', async () => {
    const url = await urlFor(patient);
    const connection = await RawConnection.open(url);
    connection.head('PUT', url, { 'Content-Length': 10 });
    for (const digit of '0123456789') {
      await pause(300);
      connection.send(digit);
    }
    expect((await connection.answer()).status).toBe(201);
    connection.destroy();
  });
});

describe('a client that takes nothing of its answer', () => {
  it('is cut off after a while, and one that takes it slowly is not', async () => {
    const { id } = await store.gridhold.store(randomBytes(24_000_000));
    const sending = await startLocalServer(store.gridhold, { requestStallMs: 500, answerStallMs: 2_500 });
    const url = `${sending.url}/files/${id}`;
    const stopped = await RawConnection.open(url);
    stopped.head('GET', url);
    await once(stopped.socket, 'data');
    stopped.socket.pause();

    const slow = await RawConnection.open(url);
    slow.head('GET', url);
    for (let round = 1; round <= 10 || sending.broken() === 0; round++) {
      slow.socket.resume();
      // More than a sixteenth of the receiving buffer, or the kernel would not ask for more.
      await vi.waitFor(() => expect(slow.unread).toBeGreaterThan(round * 1_000_000), {
        interval: 5,
        timeout: 60_000,
      });
      slow.socket.pause();
      await pause(300);
    }
    slow.socket.resume();
    stopped.socket.resume();
    await expect(stopped.answer()).rejects.toThrow('ended before');
    expect((await slow.answer()).body.byteLength).toBe(24_000_000);
    slow.destroy();
  });
});

describe('a body that is refused', () => {
  const refused = async (by: LocalServer): Promise<{ url: string; connection: RawConnection }> => {
    const url = `${await urlFor(by)}x`;
    return { url, connection: await RawConnection.open(url) };
  };

  it('is drained within the bound, and then the connection is kept', async () => {
    const { url, connection } = await refused(patient);
    connection.head('PUT', url, { 'Content-Length': 1_500_000 }).send(randomBytes(1_500_000));
    expect((await connection.answer()).status).toBe(404);
    expect((await connection.head('GET', `${patient.url}/health`).answer()).status).toBe(200);
    connection.destroy();
  });

  it('is cut off where it is more than the bound, after the answer', async () => {
    const { url, connection } = await refused(patient);
    connection.head('PUT', url, { 'Content-Length': 1_000_000_000 });
    expect((await connection.answer()).status).toBe(404);
    const sending = setInterval(() => connection.send(Buffer.alloc(500_000)), 10);
    expect(await inTime(connection.closed)).not.toBe('nothing came');
    clearInterval(sending);
  });

  it('is cut off where it takes longer than the bound, after the answer', async () => {
    const { url, connection } = await refused(server);
    connection.head('PUT', url, { 'Content-Length': 1_000 }).send('x');
    expect((await connection.answer()).status).toBe(404);
    const sending = setInterval(() => connection.send('x'), 100);
    expect(await inTime(connection.closed)).not.toBe('nothing came');
    clearInterval(sending);
  });
});
