/**
 * Clients that fall silent, and bodies that nobody wants: the bounds, made short, on the service's own server, which
 * runs in the test's process, because its bounds are no settings.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { type LocalServer, startLocalServer } from './support/local-server.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { RawConnection } from './support/raw-connection.ts';
import { outcomeOf, put, stockOf } from './support/requests.ts';

const limits = { requestStallMs: 400, answerStallMs: 2_000, drainBytes: 2_000_000, drainMs: 700 };
let store: TestGridhold;
let server: LocalServer;

beforeAll(async () => {
  store = await openTestGridhold();
  server = await startLocalServer(store.gridhold, limits);
});

async function urlFor(input: object = {}): Promise<string> {
  const { url } = await store.gridhold.generateUploadUrl(input);
  return `${server.url}${new URL(url).pathname}`;
}

/** One that the deadline ends is a client that was left waiting. */
async function within<T>(ms: number, work: Promise<T>): Promise<T | 'nothing came'> {
  return await Promise.race([work, pause(ms, 'nothing came' as const)]);
}

describe('a client that we wait for', () => {
  it.each([
    ['to an upload URL', async () => await urlFor(), {}],
    [
      'to an upload URL as a form',
      async () => await urlFor(),
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
      const answer = await within(3_000, connection.answer());
      if (answer === 'nothing came') throw new Error(answer);
      expect(answer.status).toBe(408);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(JSON.parse(answer.body.toString())).toMatchObject({ code: 'REQUEST_TIMEOUT', retryable: true });
      expect(await within(3_000, connection.closed)).toBe('ended');
      expect(await stockOf(store.db)).toEqual(before);
      if (url.includes('/upload/')) expect(await outcomeOf(await put(url, 'the next'))).toBe('201');
    },
  );

  it('and that is slow but goes on is served, however long it takes', async () => {
    const url = await urlFor();
    const connection = await RawConnection.open(url);
    connection.head('PUT', url, { 'Content-Length': 10 });
    for (const digit of '0123456789') {
      await pause(150);
      connection.send(digit);
    }
    expect((await connection.answer()).status).toBe(201);
    connection.destroy();
  });
});

describe('a client that takes nothing of its answer', () => {
  it('is cut off after a while, and one that takes it slowly is not', async () => {
    const { id } = await store.gridhold.store(randomBytes(24_000_000));
    const url = `${server.url}/files/${id}`;
    const stopped = await RawConnection.open(url);
    stopped.head('GET', url);
    await once(stopped.socket, 'data');
    stopped.socket.pause();

    const slow = await RawConnection.open(url);
    slow.head('GET', url);
    for (let round = 1; round <= 10; round++) {
      slow.socket.resume();
      // More than a sixteenth of the receiving buffer, or the kernel would not ask for more.
      await vi.waitFor(() => expect(slow.unread).toBeGreaterThan(round * 1_000_000), {
        interval: 5,
        timeout: 30_000,
      });
      slow.socket.pause();
      await pause(350);
    }
    slow.socket.resume();
    stopped.socket.resume();
    await expect(stopped.answer()).rejects.toThrow('ended before');
    expect((await slow.answer()).body.byteLength).toBe(24_000_000);
    slow.destroy();
  });
});

describe('a body that is refused', () => {
  const refused = async (): Promise<{ url: string; connection: RawConnection }> => {
    const url = `${await urlFor()}x`;
    return { url, connection: await RawConnection.open(url) };
  };

  it('is drained within the bound, and then the connection is kept', async () => {
    const { url, connection } = await refused();
    connection.head('PUT', url, { 'Content-Length': 1_500_000 }).send(randomBytes(1_500_000));
    expect((await connection.answer()).status).toBe(404);
    expect((await connection.head('GET', `${server.url}/health`).answer()).status).toBe(200);
    connection.destroy();
  });

  it('is cut off where it is more than the bound, after the answer', async () => {
    const { url, connection } = await refused();
    connection.head('PUT', url, { 'Content-Length': 1_000_000_000 });
    expect((await connection.answer()).status).toBe(404);
    const sending = setInterval(() => connection.send(Buffer.alloc(500_000)), 10);
    expect(await within(3_000, connection.closed)).not.toBe('nothing came');
    clearInterval(sending);
  });

  it('is cut off where it takes longer than the bound, after the answer', async () => {
    const { url, connection } = await refused();
    connection.head('PUT', url, { 'Content-Length': 1_000 }).send('x');
    expect((await connection.answer()).status).toBe(404);
    const sending = setInterval(() => connection.send('x'), 100);
    expect(await within(3_000, connection.closed)).not.toBe('nothing came');
    clearInterval(sending);
  });
});
