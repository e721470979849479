/**
 * Clients that hold their place without using it: others are served meanwhile, and each of them is ended in its time.
 * The bounds are made short, so the server runs in the test's process.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './support/eventually.ts';
import { type LocalServer, startLocalServer } from './support/local-server.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { chunkOf, RawConnection } from './support/raw-connection.ts';
import { outcomeOf, put, stockOf } from './support/requests.ts';

const largeBytes = 24_000_000;
const smallBytes = randomBytes(300_000);
let store: TestGridhold;
let server: LocalServer;
let smallId: string;
let largeId: string;
let connections: RawConnection[] = [];

beforeAll(async () => {
  store = await openTestGridhold();
  server = await startLocalServer(store.gridhold, {
    headersTimeoutMs: 3_000,
    keepAliveMs: 3_000,
    checkEveryMs: 200,
    bodyPaceMs: 1_200,
    mostIdleReaders: 20,
    idleReaderMs: 1_500,
  });
  smallId = (await store.gridhold.store(smallBytes)).id;
  largeId = (await store.gridhold.store(randomBytes(largeBytes))).id;
});

afterEach(() => {
  for (const connection of connections) connection.destroy();
  connections = [];
});

async function open(url = server.url): Promise<RawConnection> {
  const connection = await RawConnection.open(url);
  connections.push(connection);
  return connection;
}

/** Not all at once: what the kernel could not hand over is open on one side only. */
async function openMany(
  count: number,
  begin: (connection: RawConnection) => unknown = () => undefined,
): Promise<RawConnection[]> {
  const opened: RawConnection[] = [];
  while (opened.length < count) {
    const some = Math.min(100, count - opened.length);
    const next = Array.from({ length: some }, async () => {
      const connection = await open();
      begin(connection);
      return connection;
    });
    opened.push(...(await Promise.all(next)));
  }
  return opened;
}

async function uploadUrl(): Promise<string> {
  const { url } = await store.gridhold.generateUploadUrl({});
  return `${server.url}${new URL(url).pathname}`;
}

/** On connections of their own: a download and an upload, whole. */
async function expectOthersServed(): Promise<void> {
  const response = await fetch(`${server.url}/files/${smallId}`);
  expect(Buffer.from(await response.arrayBuffer()).equals(smallBytes)).toBe(true);
  expect(await outcomeOf(await put(await uploadUrl(), randomBytes(300_000)))).toBe('201');
}

/** One that the deadline ends is a client that was let wait for ever. */
async function ended(connection: RawConnection): Promise<'ended' | 'reset' | 'still open'> {
  return await Promise.race([connection.closed, pause(30_000, 'still open' as const)]);
}

describe('slow headers', () => {
  it('of 500 clients leave others served, and each gets 408 and is closed in its time', async () => {
    // Each begins at once: one that has said nothing in its time is closed without an answer.
    const slow = await openMany(500, (connection) =>
      connection.send('GET /files/none HTTP/1.1\r\nHost: localhost\r\nX-Slow: '),
    );
    const drip = setInterval(() => {
      for (const connection of slow) if (connection.socket.writable) connection.send('x');
    }, 300);
    await expectOthersServed();
    const answers = await Promise.all(slow.map(async (connection) => await connection.answer()));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([408]));
    expect(answers[0]?.headers.get('connection')).toBe('close');
    expect(JSON.parse(answers[0]?.body.toString() ?? '')).toMatchObject({
      code: 'REQUEST_TIMEOUT',
      retryable: true,
    });
    expect(await Promise.all(slow.map(ended))).not.toContain('still open');
    clearInterval(drip);
  });
});

describe('2,000 idle connections', () => {
  it('leave others served, and are closed in their time without a word', async () => {
    // Used before the others are opened, which may take as long as an idle one may stay.
    const used = await openMany(50, (connection) => connection.head('GET', `${server.url}/health`));
    for (const connection of used) expect((await connection.answer()).status).toBe(200);
    const idle = [...used, ...(await openMany(1_950))];
    await expectOthersServed();
    expect(await Promise.all(idle.map(ended))).not.toContain('still open');
    expect(Math.max(...idle.map(({ unread }) => unread))).toBe(0);
  });

  it('that are more than may be make room for the next, longest idle first, and busy ones stay', async () => {
    const small = await startLocalServer(store.gridhold, { mostConnections: 30 });
    const { url } = await store.gridhold.generateUploadUrl({});
    const upload = `${small.url}${new URL(url).pathname}`;
    const busy = await open(small.url);
    busy.head('PUT', upload, { 'Content-Length': 2 }).send('a');
    await eventually(async () => await store.db.collection('leases').countDocuments({ why: 'writing' })).toBe(
      1,
    );
    const first = await open(small.url);
    for (let flood = 0; flood < 100; flood++) await open(small.url);
    expect(await ended(first)).not.toBe('still open');
    const last = await open(small.url);
    expect((await last.head('GET', `${small.url}/health`).answer()).status).toBe(200);
    expect((await busy.send('b').answer()).status).toBe(201);
  });
});

describe('a slow body', () => {
  const boundary = '--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n';
  const operations =
    '--b\r\nContent-Disposition: form-data; name="operations"\r\n\r\n' +
    '{"query":"mutation($f: Upload!) { uploadFile(file: $f) { id } }","variables":{"f":null}}\r\n' +
    '--b\r\nContent-Disposition: form-data; name="map"\r\n\r\n{"0":["variables.f"]}\r\n' +
    '--b\r\nContent-Disposition: form-data; name="0"; filename="f"\r\n\r\n';
  const form = { 'Content-Type': 'multipart/form-data; boundary=b' };
  const bodies: [string, () => Promise<string>, Record<string, string>, string][] = [
    ['to an upload URL', uploadUrl, {}, 'x'],
    ['to an upload URL as a form', uploadUrl, form, boundary],
    ['to POST /files', async () => `${server.url}/files`, {}, 'x'],
    [
      'to GraphQL as JSON',
      async () => `${server.url}/graphql`,
      { 'Content-Type': 'application/json' },
      '{"query":"',
    ],
    [
      'to GraphQL as a form',
      async () => `${server.url}/graphql`,
      { ...form, 'Apollo-Require-Preflight': '1' },
      operations,
    ],
  ];

  it('that is never silent gets 408 all the same, whatever it is sent to, and leaves nothing', async () => {
    const before = await stockOf(store.db);
    const slow = await Promise.all(
      bodies.map(async ([where, address, headers, beginning]) => {
        const url = await address();
        const connection = await open();
        const method = url.endsWith('/graphql') || url.endsWith('/files') ? 'POST' : 'PUT';
        connection.head(method, url, { 'Transfer-Encoding': 'chunked', ...headers }).send(chunkOf(beginning));
        return { where, connection };
      }),
    );
    // Until shortly before it is too slow: what is written to a server that has just closed costs us its answer.
    let drips = 5;
    const drip = setInterval(() => {
      for (const { connection } of slow) connection.send(chunkOf('x'));
      if (--drips === 0) clearInterval(drip);
    }, 100);
    const answers = await Promise.all(
      slow.map(async ({ where, connection }) => {
        const { status, body } = await connection.answer();
        const { code, detail } = JSON.parse(body.toString());
        return [where, status, code, detail, await ended(connection)];
      }),
    );
    const tooSlow = expect.stringMatching(/^The body came at less than /);
    expect(answers).toEqual(
      bodies.map(([where]) => [where, 408, 'REQUEST_TIMEOUT', tooSlow, expect.stringMatching(/ended|reset/)]),
    );
    await eventually(async () => await stockOf(store.db)).toEqual(before);
    await expectOthersServed();
  });

  it('of which enough comes is served, however long it takes', async () => {
    const url = await uploadUrl();
    const connection = await open();
    connection.head('PUT', url, { 'Content-Length': 30_000 });
    for (let part = 0; part < 30; part++) {
      connection.send(randomBytes(1_000));
      await pause(120);
    }
    expect((await connection.answer()).status).toBe(201);
  });
});

describe('slow readers', () => {
  it('of which 200 take nothing leave others served, and only so many may stay', {
    timeout: 180_000,
  }, async () => {
    // More than a connection's buffers take.
    const { id } = await store.gridhold.store(randomBytes(8_000_000));
    const brokenBefore = server.broken();
    const readers = await openMany(200);
    for (const reader of readers) reader.head('GET', `${server.url}/files/${id}`).socket.pause();
    await expectOthersServed();
    const whole = await fetch(`${server.url}/files/${largeId}`);
    expect((await whole.arrayBuffer()).byteLength).toBe(largeBytes);
    const kept = 20;
    await eventually(() => server.broken() - brokenBefore).toBe(readers.length - kept);
    await pause(500);
    expect(server.broken() - brokenBefore).toBe(readers.length - kept);
    await expectOthersServed();
  });

  it('that take a little now and then are ended, though they are never silent for long', async () => {
    const strict = await startLocalServer(store.gridhold, {
      leastBytesPerSecond: 20_000_000,
      answerPaceMs: 1_200,
    });
    const reader = await open(strict.url);
    reader.head('GET', `${strict.url}/files/${largeId}`);
    // A piece at a time: as much as node reads at once.
    reader.socket.on('data', () => {
      if (strict.broken() === 0) reader.socket.pause();
    });
    const sipping = setInterval(() => reader.socket.resume(), 100);
    const outcome = await reader.answer().then(
      () => 'whole',
      () => 'broken off',
    );
    clearInterval(sipping);
    expect([outcome, strict.broken()]).toEqual(['broken off', 1]);
  });
});
