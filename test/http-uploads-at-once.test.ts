/** How many uploads of one address may be under way at once, whichever way they come. */
import type { Db } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './support/eventually.ts';
import { chunkOf, lastChunk, type RawAnswer, RawConnection } from './support/raw-connection.ts';
import { databaseOf, isClaimed, newUploadUrl, outcomeOf, put } from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

const atOnce = 3;
let service: Service;
let db: Db;

beforeAll(async () => {
  service = await startService({
    GRIDHOLD_UPLOADS_AT_ONCE: String(atOnce),
    // So that a test can be several addresses.
    GRIDHOLD_TRUSTED_PROXIES: '127.0.0.1',
  });
  db = await databaseOf(service);
});

interface Sender {
  readonly connection: RawConnection;
  finish(): Promise<RawAnswer>;
}

/** Has sent the beginning of a file, which is known to be under way, and waits. */
async function begin(address: string): Promise<Sender> {
  const { url } = await newUploadUrl(service);
  const connection = await RawConnection.open(url);
  connection
    .head('PUT', url, { 'Transfer-Encoding': 'chunked', 'X-Forwarded-For': address })
    .send(chunkOf('begun'));
  await eventually(async () => await isClaimed(db, url)).toBe(true);
  return {
    connection,
    async finish() {
      const answer = await connection.send(lastChunk).answer();
      connection.destroy();
      return answer;
    },
  };
}

const operations = JSON.stringify({
  query: 'mutation ($f: Upload!) { uploadFile(file: $f) { size } }',
  variables: { f: null },
});
const form = [
  ['operations', operations],
  ['map', '{"0":["variables.f"]}'],
] as const;

function multipart(): FormData {
  const body = new FormData();
  for (const [name, value] of form) body.append(name, value);
  body.append('0', new Blob(['bytes']), 'f.txt');
  return body;
}

/** Each way in, with a whole small body. */
const ways: readonly [string, (address: string) => Promise<Response>][] = [
  [
    'an upload URL',
    async (address) => await put((await newUploadUrl(service)).url, 'x', { 'x-forwarded-for': address }),
  ],
  [
    'POST /files',
    async (address) =>
      await fetch(`${service.url}/files`, {
        method: 'POST',
        body: 'x',
        headers: { 'x-forwarded-for': address },
      }),
  ],
  [
    'GraphQL',
    async (address) =>
      await fetch(`${service.url}/graphql`, {
        method: 'POST',
        body: multipart(),
        headers: { 'apollo-require-preflight': '1', 'x-forwarded-for': address },
      }),
  ],
];

async function codeOf(response: Response): Promise<string> {
  const answer: { code?: string; errors?: { extensions: { code: string } }[] } = await response.json();
  return `${response.status} ${answer.code ?? answer.errors?.[0]?.extensions.code ?? 'fine'}`;
}

describe('an address with as many uploads under way as may be', () => {
  it('is refused another by each way in, until one ends; other addresses and other requests are not', async () => {
    const senders = await Promise.all(Array.from({ length: atOnce }, async () => await begin('203.0.113.1')));
    for (const [where, send] of ways) {
      const refused = await send('203.0.113.1');
      expect(Number(refused.headers.get('retry-after')), where).toBeGreaterThan(0);
      expect(await codeOf(refused), where).toBe('429 RATE_LIMITED');
      expect((await send('203.0.113.2')).ok, where).toBe(true);
    }
    // Neither JSON nor a download is an upload.
    expect((await service.graphql('{ __typename }')).errors).toBeUndefined();
    const gone = await fetch(`${service.url}/files/none`, { headers: { 'x-forwarded-for': '203.0.113.1' } });
    expect(await outcomeOf(gone)).toBe('404 FILE_NOT_FOUND');

    for (const sender of senders) expect((await sender.finish()).status).toBe(201);
    for (const [where, send] of ways) expect((await send('203.0.113.1')).ok, where).toBe(true);
  });

  it('is refused before the body is asked for', async () => {
    const senders = await Promise.all(Array.from({ length: atOnce }, async () => await begin('203.0.113.3')));
    const targets = [
      [(await newUploadUrl(service)).url, 'PUT', {}],
      [`${service.url}/files`, 'POST', {}],
      [`${service.url}/graphql`, 'POST', { 'Content-Type': 'multipart/form-data; boundary=b' }],
    ] as const;
    for (const [url, method, headers] of targets) {
      const connection = await RawConnection.open(url);
      connection.head(method, url, {
        'Content-Length': 1_000_000,
        Expect: '100-continue',
        'X-Forwarded-For': '203.0.113.3',
        ...headers,
      });
      expect((await connection.answer()).status).toBe(429);
      connection.destroy();
    }
    for (const sender of senders) await sender.finish();
  });

  it('gets its places back from uploads that break off', async () => {
    const senders = await Promise.all(Array.from({ length: atOnce }, async () => await begin('203.0.113.4')));
    const store = async (): Promise<number> =>
      (
        await fetch(`${service.url}/files`, {
          method: 'POST',
          body: 'x',
          headers: { 'x-forwarded-for': '203.0.113.4' },
        })
      ).status;
    expect(await store()).toBe(429);
    for (const { connection } of senders) connection.destroy();
    await eventually(store).toBe(201);
    // The others' ends may be noticed a moment later than the first.
    await eventually(async () => await db.collection('leases').countDocuments({ why: 'writing' })).toBe(0);
    const again = await Promise.all(Array.from({ length: atOnce }, async () => await begin('203.0.113.4')));
    for (const sender of again) expect((await sender.finish()).status).toBe(201);
  });
});
