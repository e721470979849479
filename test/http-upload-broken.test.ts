/** Uploads that break off, stand still, or meet another: nothing is left of them, and the URL stays usable. */
import { randomBytes } from 'node:crypto';
import type { Db } from 'mongodb';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { eventually } from './support/eventually.ts';
import { chunkOf, RawConnection } from './support/raw-connection.ts';
import {
  databaseOf,
  isClaimed,
  newUploadUrl,
  outcomeOf,
  problemIn,
  put,
  stockOf,
  storedBy,
} from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

let service: Service;
let db: Db;

beforeAll(async () => {
  service = await startService({ GRIDHOLD_SWEEP_INTERVAL: 'off' });
  db = await databaseOf(service);
});

const urlFor = async (input: object = {}): Promise<string> => (await newUploadUrl(service, input)).url;
const filesUrl = async (): Promise<string> => `${service.url}/files`;
const graphqlUrl = async (): Promise<string> => `${service.url}/graphql`;

const formHead = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n';
const graphqlHead = [
  '--b\r\nContent-Disposition: form-data; name="operations"\r\n',
  JSON.stringify({
    query: 'mutation ($file: Upload!) { uploadFile(file: $file) { id } }',
    variables: { file: null },
  }),
  '--b\r\nContent-Disposition: form-data; name="map"\r\n',
  '{"0": ["variables.file"]}',
  '--b\r\nContent-Disposition: form-data; name="0"; filename="a.bin"\r\n\r\n',
].join('\r\n');

/** More than one batch of chunks, so that some are in the database when it breaks. */
const some = randomBytes(3_000_000);

interface Begun {
  readonly address: () => Promise<string>;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly head: string;
  readonly isChunked?: boolean;
}

const ways: readonly (readonly [way: string, begun: Begun])[] = [
  ['a raw body', { address: urlFor, headers: { 'Content-Length': 5_000_000 }, head: '' }],
  [
    'a chunked body',
    { address: urlFor, headers: { 'Transfer-Encoding': 'chunked' }, head: '', isChunked: true },
  ],
  [
    'a form',
    {
      address: urlFor,
      headers: { 'Content-Length': 5_000_000, 'Content-Type': 'multipart/form-data; boundary=b' },
      head: formHead,
    },
  ],
  ['POST /files', { address: filesUrl, headers: { 'Content-Length': 5_000_000 }, head: '' }],
  [
    'uploadFile in GraphQL',
    {
      address: graphqlUrl,
      headers: {
        'Content-Length': 5_000_000,
        'Content-Type': 'multipart/form-data; boundary=b',
        'x-graphql-yoga-csrf': '1',
      },
      head: graphqlHead,
    },
  ],
];

async function begin(begun: Begun, url: string): Promise<RawConnection> {
  const connection = await RawConnection.open(url);
  const body = Buffer.concat([Buffer.from(begun.head), some]);
  connection.head('POST', url, begun.headers).send(begun.isChunked ? chunkOf(body) : body);
  return connection;
}

/** Broken uploads clean up when the server notices, which no answer tells. */
async function nothingIsLeft(before: Record<string, number>): Promise<void> {
  await eventually(() => stockOf(db)).toEqual(before);
}

describe.each(ways)('%s', (_way, begun) => {
  it('that breaks off with its connection leaves nothing, and a URL that takes the next', async () => {
    const before = await stockOf(db);
    const url = await begun.address();
    const connection = await begin(begun, url);
    await vi.waitFor(
      async () => expect((await stockOf(db))['blobs.chunks']).toBeGreaterThan(before['blobs.chunks'] ?? 0),
      { timeout: 30_000 },
    );
    connection.destroy();
    await nothingIsLeft(before);
    if (url.includes('/upload/')) expect(await outcomeOf(await put(url, 'the next'))).toBe('201');
  });

  it('that ends before its length gets 400, and the connection closes', async () => {
    const before = await stockOf(db);
    const url = await begun.address();
    const connection = (await begin(begun, url)).end();
    const answer = await connection.answer();
    expect(answer.status).toBe(400);
    if (!url.endsWith('/graphql')) {
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(JSON.parse(answer.body.toString())).toMatchObject({ code: 'LENGTH_MISMATCH', retryable: true });
    } else {
      expect(answer.body.toString()).toContain('LENGTH_MISMATCH');
    }
    expect(answer.headers.get('connection')).toBe('close');
    expect(await connection.closed).toBe('ended');
    await nothingIsLeft(before);
    if (url.includes('/upload/')) expect(await outcomeOf(await put(url, 'the next'))).toBe('201');
  });
});

describe('a chunked body', () => {
  it('with malformed framing gets 400, and leaves nothing', async () => {
    const url = await urlFor();
    const before = await stockOf(db);
    const connection = await RawConnection.open(url);
    connection.head('PUT', url, { 'Transfer-Encoding': 'chunked' }).send(chunkOf(some), 'no size\r\n');
    const answer = await connection.answer();
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await connection.closed).toBe('ended');
    await nothingIsLeft(before);
  });
});

describe('two uploads to one URL at once', () => {
  it('the second gets 409 UPLOAD_IN_PROGRESS with Retry-After, and the first its file', async () => {
    const url = await urlFor();
    const first = await RawConnection.open(url);
    first.head('PUT', url, { 'Content-Length': 10 }).send('begun');
    // Of this URL: broken uploads of the tests before have left theirs claimed.
    await expect.poll(() => isClaimed(db, url)).toBe(true);
    for (const body of ['begun done', 'something else']) {
      const response = await put(url, body);
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await problemIn(response)).toMatchObject({
        code: 'UPLOAD_IN_PROGRESS',
        status: 409,
        retryable: true,
      });
    }
    expect((await first.send(' done').answer()).status).toBe(201);
    first.destroy();
    await storedBy(await put(url, 'begun done'), 200);
  });

  it('many at the same moment make one file: each gets it, or 409', async () => {
    const url = await urlFor();
    const bytes = randomBytes(500_000);
    const answers = await Promise.all(Array.from({ length: 8 }, () => put(url, bytes)));
    const outcomes = await Promise.all(answers.map(outcomeOf));
    expect(outcomes.filter((outcome) => outcome === '201')).toHaveLength(1);
    const others = outcomes.filter((outcome) => outcome !== '201');
    expect(
      others.every((outcome) => ['200', '409 UPLOAD_IN_PROGRESS'].includes(outcome)),
      String(others),
    ).toBe(true);
    expect(await db.collection('uploadUrls').countDocuments({ fileId: { $ne: null }, size: 500_000 })).toBe(
      1,
    );
  });

  it('one that made no progress for 10 s loses to the newcomer', async () => {
    const before = await stockOf(db);
    const url = await urlFor();
    const stalled = await RawConnection.open(url);
    stalled.head('PUT', url, { 'Content-Length': 3_000_010 }).send(some);
    await expect.poll(() => isClaimed(db, url)).toBe(true);
    expect(await outcomeOf(await put(url, 'the newcomer'))).toBe('409 UPLOAD_IN_PROGRESS');
    await vi.waitFor(async () => expect(await outcomeOf(await put(url, 'the newcomer'))).toBe('201'), {
      timeout: 40_000,
      interval: 500,
    });
    const answer = await stalled.send('0123456789').answer();
    expect(answer.status).toBeGreaterThanOrEqual(400);
    stalled.destroy();
    expect(await stockOf(db)).toMatchObject({ files: (before['files'] ?? 0) + 1 });
  });
});
