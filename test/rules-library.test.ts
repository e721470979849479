/** The library's own surface: bytes in any usual form, ranges out, addresses, and what is asked of a session. */
import { Readable } from 'node:stream';
import { MongoClient, ServerApiVersion } from 'mongodb';
import { beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import type { ByteSource } from '../src/domain/byte-source.ts';
import { type Gridhold, type GridholdOptions, StoreRefusedError } from '../src/gridhold.ts';
import type { FetchOptions } from '../src/http/fetch-adaptor.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { documentOf, refusalOf } from './support/use-case-input.ts';

let store: TestGridhold;

beforeAll(async () => {
  store = await openTestGridhold({ maxUploadBytes: 1_000, cdnUrl: 'https://cdn.example' });
});

const text = 'some bytes';
const bytes = Buffer.from(text);
async function contentOf(id: string, range?: { start?: number; end?: number }): Promise<string> {
  const { stream } = await store.gridhold.open(id, range);
  return Buffer.concat(await stream.toArray()).toString();
}

describe('a store', () => {
  async function* inPieces(): AsyncGenerator<Uint8Array> {
    yield bytes.subarray(0, 4);
    yield bytes.subarray(4);
  }
  test.each<[string, () => ByteSource]>([
    ['a Buffer', () => bytes],
    ['a Uint8Array', () => new Uint8Array(bytes)],
    ['an ArrayBuffer', () => new Uint8Array(bytes).buffer],
    ['a Blob', () => new Blob([bytes])],
    ['a File', () => new File([bytes], 'name.txt')],
    ['a web stream', () => new Blob([bytes]).stream()],
    ['a node stream', () => Readable.from([bytes], { objectMode: false })],
    ['an async iterable', inPieces],
    ['an iterable', () => [bytes.subarray(0, 4), bytes.subarray(4)]],
  ])('takes %s', async (_, source) => {
    const file = await store.gridhold.store(source());
    expect(file).toMatchObject({ size: bytes.length, visibility: 'PUBLIC', owner: null });
    expect('blobId' in file).toBe(false);
    expect(await contentOf(file.id)).toBe(text);
  });

  test('refuses what gives text or objects, and what gives nothing at all, and leaves nothing', async () => {
    for (const source of [[text], Readable.from([{ a: 1 }]), text, null, undefined, {}]) {
      const refusal = await refusalOf(store.gridhold.store(source as ByteSource));
      expect(refusal).toMatchObject({ code: 'BAD_USER_INPUT', message: expect.stringMatching(/^source: /) });
    }
    expect(await store.db.collection('leases').countDocuments({ why: 'writing' })).toBe(0);
  });

  test('throws what its source throws, and leaves nothing', async () => {
    const fault = new Error('The disk is gone');
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield bytes;
      throw fault;
    }
    await expect(store.gridhold.store(failing())).rejects.toBe(fault);
    expect(await store.db.collection('leases').countDocuments({ why: 'writing' })).toBe(0);
  });

  test('asks for nothing of a source that tells that it is too large', async () => {
    expect(await refusalOf(store.gridhold.store(Buffer.alloc(1_001)))).toMatchObject({
      code: 'FILE_TOO_LARGE',
      details: { maxSize: 1_000 },
    });
    expect(await store.db.collection('blobs.chunks').countDocuments()).toBe(
      await store.db.collection('blobs.files').countDocuments(),
    );
  });

  test('takes a type from the bytes, else from what it is told', async () => {
    const png = Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex');
    expect((await store.gridhold.store(png, { contentType: 'text/plain' })).contentType).toBe('image/png');
    expect((await store.gridhold.store(bytes, { contentType: 'text/csv' })).contentType).toBe('text/csv');
    expect((await store.gridhold.store(new Blob([bytes], { type: 'text/css' }))).contentType).toBe(
      'text/css',
    );
    expect((await store.gridhold.store(bytes, { contentType: 'no type' })).contentType).toBe(
      'application/octet-stream',
    );
  });
});

test('opens a range, and refuses one that lies outside', async () => {
  const [{ id }, empty] = [await store.gridhold.store(bytes), await store.gridhold.store(Buffer.alloc(0))];
  expect(await contentOf(id, { start: 5 })).toBe('bytes');
  expect(await contentOf(id, { end: 3 })).toBe('some');
  expect(await contentOf(id, { start: 9, end: 9 })).toBe('s');
  expect(await contentOf(empty.id)).toBe('');
  for (const range of [{ start: 10 }, { end: 10 }, { start: -1 }, { start: 3, end: 2 }, { start: 0.5 }]) {
    expect(await refusalOf(store.gridhold.open(id, range))).toMatchObject({
      code: 'RANGE_NOT_SATISFIABLE',
      details: { size: 10 },
    });
  }
  expect(await refusalOf(store.gridhold.open('nonsense'))).toMatchObject({ code: 'FILE_NOT_FOUND' });
});

test('tells addresses: of public files at the CDN, of private ones at home, of no file not at all', async () => {
  const [open, closed] = [
    await store.gridhold.store(bytes),
    await store.gridhold.store(bytes, { visibility: 'PRIVATE' }),
  ];
  expect(await store.gridhold.url(open.id)).toBe(`https://cdn.example/files/${open.id}`);
  expect(await store.gridhold.url(closed.id, { download: true })).toMatch(
    new RegExp(
      `^http://127\\.0\\.0\\.1:4000/files/${closed.id}\\?download&expires=\\d+&signature=k1\\.[\\w-]{43}$`,
    ),
  );
  expect(await refusalOf(store.gridhold.url('nonsense'))).toMatchObject({ code: 'FILE_NOT_FOUND' });
  const uploadUrl = await store.gridhold.generateUploadUrl();
  expect(uploadUrl.url).toBe(`http://127.0.0.1:4000${uploadUrl.path}`);
  const homeless = await store.another({ publicUrl: null });
  for (const work of [() => homeless.url(open.id), () => homeless.generateUploadUrl()]) {
    expect((await refusalOf(work()))?.message).toContain('publicUrl');
  }
});

test('refuses a session that has no transaction under way, before it writes', async () => {
  const { id } = await store.gridhold.store(bytes);
  const document = documentOf('posts', 1);
  await store.client.withSession(async (session) => {
    const works = [
      () => store.gridhold.attach({ fileId: id, document }, { session }),
      () => store.gridhold.detach({ fileId: id, document }, { session }),
      () => store.gridhold.setDocumentFiles({ document, fileIds: [id] }, { session }),
      () => store.gridhold.detachDocument({ document }, { session }),
      () => store.gridhold.delete({ id }, { session }),
    ];
    for (const work of works) {
      const refusal = await refusalOf(work());
      expect([refusal?.code, refusal?.message.includes('session')]).toEqual(['BAD_USER_INPUT', true]);
    }
  });
  expect(await store.gridhold.file(id)).toMatchObject({ refCount: 0 });
});

describe('all routes, mounted at a public address', () => {
  const publicUrl = 'https://app.example/files-api';
  const ask = async (gridhold: Gridhold, address: string, from: FetchOptions = {}): Promise<number[]> => {
    const query = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{storage{id}}"}',
    };
    const file = await gridhold.store(bytes);
    const { url } = await gridhold.generateUploadUrl();
    const requests = [
      new Request(`${address}/graphql`, query),
      new Request(`${address}/files`, { method: 'POST', body: bytes }),
      new Request(`${address}/metrics`),
      new Request(`${address}/files/${file.id}`),
      new Request(new URL(new URL(url).pathname, address), { method: 'POST', body: bytes }),
    ];
    return await Promise.all(requests.map(async (request) => (await gridhold.fetch(request, from)).status));
  };

  test('make nobody admin where the app has not said who may do what', async () => {
    const gridhold = await store.another({ publicUrl });
    expect(await ask(gridhold, publicUrl)).toEqual([403, 403, 403, 200, 201]);
    const answer = await gridhold.fetch(new Request(`${publicUrl}/files`, { method: 'POST', body: bytes }));
    expect(await answer.json()).toMatchObject({
      code: 'FORBIDDEN',
      detail: expect.stringContaining("auth: ['keys']"),
    });
  });

  test('are for everybody where it says that they are, and on loopback', async () => {
    expect(await ask(await store.another({ publicUrl, auth: 'none' }), publicUrl)).toEqual([
      200, 201, 200, 200, 201,
    ]);
    const near = await store.another({ publicUrl });
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
      expect(await ask(near, 'http://localhost/files-api', { address })).toEqual([200, 201, 200, 200, 201]);
    }
  });

  test('are for this machine where the app has said neither that nor its address', async () => {
    const gridhold = await store.another({ publicUrl: null });
    const graphql = async (address: string | undefined): Promise<number> => {
      const body = '{"query":"{storage{id}}"}';
      const headers = { 'content-type': 'application/json' };
      const request = new Request('http://localhost/graphql', { method: 'POST', headers, body });
      return (await gridhold.fetch(request, { address })).status;
    };
    expect(await graphql('127.0.0.1')).toBe(200);
    expect(await graphql(undefined)).toBe(200);
    expect(await graphql('203.0.113.7')).toBe(403);
  });

  test('make nobody admin who only says that it is near', async () => {
    const gridhold = await store.another({ publicUrl });
    for (const from of [{ address: '203.0.113.7' }, {}]) {
      expect(await ask(gridhold, 'http://localhost/files-api', from)).toEqual([403, 403, 403, 200, 201]);
    }
  });
});

describe('a request by fetch that is aborted', () => {
  const publicUrl = 'https://app.example';
  const form = 'multipart/form-data; boundary=edge';
  const part = (head: string, body: string): string =>
    `--edge\r\nContent-Disposition: form-data; ${head}\r\n\r\n${body}`;
  const operations = JSON.stringify({
    query: 'mutation ($file: Upload!) { uploadFile(file: $file) { id } }',
    variables: { file: null },
  });
  const ofGraphql = [
    part('name="operations"', `${operations}\r\n`),
    part('name="map"', '{"0":["variables.file"]}\r\n'),
    part('name="0"; filename="a"', 'so far'),
  ].join('');

  test.each<[string, (gridhold: Gridhold) => Promise<string>, string, string]>([
    ['a raw body', async () => `${publicUrl}/files`, 'text/plain', 'so far'],
    [
      'a form',
      async (gridhold) => (await gridhold.generateUploadUrl()).url,
      form,
      part('name="file"; filename="a"', 'so far'),
    ],
    ['a multipart request of GraphQL', async () => `${publicUrl}/graphql`, form, ofGraphql],
  ])('ends, whatever its frame does with %s, and stores nothing', async (_what, address, type, sent) => {
    const gridhold = await store.another({ publicUrl, auth: 'none' });
    const client = new AbortController();
    const url = await address(gridhold);
    const before = await store.db.collection('files').countDocuments();
    let isSent = false;
    let isRead = (): void => undefined;
    const read = new Promise<void>((resolve) => {
      isRead = resolve;
    });
    // What comes after these bytes never comes, and nobody says that it doesn't.
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          if (isSent) {
            isRead();
            return await new Promise<void>(() => undefined);
          }
          isSent = true;
          controller.enqueue(Buffer.from(sent));
        },
      },
      { highWaterMark: 0 },
    );
    const headers = { 'content-type': type, 'apollo-require-preflight': '1' };
    const init = { method: 'POST', headers, body, duplex: 'half', signal: client.signal };
    const answer = gridhold.fetch(new Request(url, init));
    await read;
    client.abort();
    expect(await (await answer).text()).toContain('LENGTH_MISMATCH');
    expect(await store.db.collection('files').countDocuments()).toBe(before);
  });
});

describe('what an app is told at once, in words', () => {
  const refusedWith = (options: Partial<GridholdOptions>): Promise<string> =>
    store.another(options).then(
      async (gridhold) => {
        await gridhold.close();
        return 'nothing';
      },
      (error: unknown) => (error instanceof StoreRefusedError ? error.message : String(error)),
    );

  test.each(['', 'admin', 'LOCAL'])(
    'that %j is no database of ours, and it is left alone',
    async (database) => {
      expect(await refusedWith({ database })).toMatch(/^database: ".*" can't be the name/);
    },
  );

  test('that without a database it has none, instead of the driver’s default', async () => {
    const options: object = { database: undefined };
    expect(await refusedWith(options)).toMatch(/^database: undefined can't be the name/);
  });

  test('that a strict serverApi leaves out what is needed', async () => {
    const serverApi = { version: ServerApiVersion.v1, strict: true };
    const client = new MongoClient(inject('mongodbUri'), { serverApi });
    onTestFinished(() => client.close());
    expect(await refusedWith({ client })).toMatch(/^client: its serverApi is strict/);
  });

  test('that its driver is too old, whose BSON would end the process at the first write', async () => {
    const client = new MongoClient(inject('mongodbUri'));
    onTestFinished(() => client.close());
    Object.assign(client.options, {
      metadata: { driver: { name: 'nodejs|Mongoose', version: '6.22.0|8.19.0' } },
    });
    expect(await refusedWith({ client })).toMatch(/^client: it is of the MongoDB driver 6\.22\.0/);
  });
});
