/** `gridhold/client` in Node: every form of a file, what it is stored with, and who gets to see which headers. */
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  createGridholdClient,
  type FileSource,
  type GridholdClient,
  type UploadProgress,
  uploadTo,
} from 'gridhold/client';
import type { Db } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type FlakyProxy, startFlakyProxy } from './support/flaky-proxy.ts';
import { databaseOf, newUploadUrl, sha256Of, stockOf } from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

let service: Service;
let proxy: FlakyProxy;
let gridhold: GridholdClient;
let directory: string;
let db: Db;

beforeAll(async () => {
  service = await startService();
  proxy = await startFlakyProxy(service.url);
  gridhold = createGridholdClient({ url: proxy.url });
  db = await databaseOf(service);
  directory = await mkdtemp(join(tmpdir(), 'gridhold-client-'));
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

const bytesOf = async (id: string): Promise<Buffer> =>
  Buffer.from(await (await fetch(`${service.url}/files/${id}`)).arrayBuffer());

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.byteLength; start += 10_000) yield bytes.subarray(start, start + 10_000);
}

const small = randomBytes(70_001);
const large = randomBytes(20_000_000);

describe('upload', () => {
  const within = Buffer.concat([randomBytes(13), small, randomBytes(7)]).subarray(13, 13 + small.byteLength);
  const forms: readonly (readonly [what: string, bytes: Uint8Array, form: () => FileSource])[] = [
    ['a File', small, () => new File([small], 'a.bin')],
    ['a Blob', small, () => new Blob([small])],
    ['a Uint8Array', small, () => new Uint8Array(small)],
    ['a Buffer within a larger one', small, () => within],
    ['another view of bytes', small, () => new DataView(new Uint8Array(small).buffer)],
    ['an ArrayBuffer', small, () => new Uint8Array(small).buffer],
    ["Node's Readable", small, () => Readable.from(inPieces(small), { objectMode: false })],
    ['a web ReadableStream', small, () => new Blob([small]).stream()],
    ['an async generator', small, () => inPieces(small)],
    ['no bytes as a File', Buffer.alloc(0), () => new File([], 'empty.txt')],
    ['no bytes as a Uint8Array', Buffer.alloc(0), () => new Uint8Array()],
    ['no bytes as a stream', Buffer.alloc(0), () => Readable.from([])],
    ['20 MB as a File', large, () => new File([large], 'large.bin')],
    ['20 MB as bytes', large, () => large],
    ['20 MB as a stream', large, () => Readable.from(inPieces(large), { objectMode: false })],
  ];

  it.each(forms)('stores %s as it is', async (_what, bytes, form) => {
    const stored = await gridhold.upload(form());
    expect(stored).toMatchObject({ id: stored.storageId, size: bytes.byteLength, sha256: sha256Of(bytes) });
    expect(sha256Of(await bytesOf(stored.id))).toBe(sha256Of(bytes));
    expect(stored.url).toContain(stored.id);
  });

  it('stores a file of the disk, and closes it', async () => {
    const path = join(directory, 'disk.bin');
    await writeFile(path, small);
    const stream = createReadStream(path);
    const stored = await gridhold.upload(stream, { size: small.byteLength });
    expect(stored.sha256).toBe(sha256Of(small));
    expect(stream.closed).toBe(true);
  });

  it('sends bytes as they were when it was called, whatever becomes of the buffer', async () => {
    const bytes = new Uint8Array(small);
    const uploading = gridhold.upload(bytes);
    bytes.fill(0);
    expect((await uploading).sha256).toBe(sha256Of(small));
  });

  const strangers: readonly (readonly [what: string, file: unknown])[] = [
    ['a text', 'text'],
    ['nothing', null],
    ['an object', { name: 'a.txt' }],
    ['a number', 5],
    [
      "React Native's form, outside of React Native",
      { uri: 'file:///a.txt', name: 'a.txt', type: 'text/plain' },
    ],
  ];

  it.each(strangers)('refuses %s with a TypeError, and asks for no URL', async (_what, file) => {
    const before = proxy.requests.length;
    await expect(gridhold.upload(file as FileSource)).rejects.toThrow(TypeError);
    expect(proxy.requests.length).toBe(before);
  });

  it.each([
    ['text', (): FileSource => Readable.from(['text'])],
    ['objects', () => Readable.from([{ a: 1 }])],
  ])('refuses a stream of %s, and stores nothing', async (_what, stream) => {
    const before = await stockOf(db);
    await expect(gridhold.upload(stream())).rejects.toThrow(TypeError);
    await expect.poll(() => stockOf(db)).toEqual(before);
  });
});

describe('names and types', () => {
  it.each([
    'grüße 日本 🎉.txt',
    'it\'s "quoted" & more?.txt',
    'a/b\\c.txt',
    '100%25 #1.txt',
    ' spaced  .txt',
  ])('come back: %s', async (name) => {
    const byFile = await gridhold.upload(new File(['x'], name, { type: 'text/plain' }));
    const byOption = await gridhold.upload(Buffer.from('y'), { filename: name, contentType: 'text/plain' });
    for (const { id } of [byFile, byOption]) {
      expect(await gridhold.file(id)).toMatchObject({ filename: name, contentType: 'text/plain' });
    }
  });

  it('a half of a surrogate pair becomes the replacement character, and nothing fails', async () => {
    const stored = await uploadTo((await newUploadUrl(service)).url, Buffer.from('x'), {
      filename: 'half \ud83d.txt',
    });
    expect((await gridhold.file(stored.id))?.filename).toBe('half \ufffd.txt');
    const { id } = await gridhold.upload(Buffer.from('x'), { filename: 'half \ud83d.txt' });
    expect((await gridhold.file(id))?.filename).toBe('half \ufffd.txt');
  });

  it("the options win over the File's own", async () => {
    const file = new File(['text'], 'own.txt', { type: 'text/plain' });
    const { id } = await gridhold.upload(file, { filename: 'given.csv', contentType: 'text/csv' });
    expect(await gridhold.file(id)).toMatchObject({ filename: 'given.csv', contentType: 'text/csv' });
  });

  it('where nothing is said, there is no name, and the type is told from the bytes', async () => {
    const { id } = await gridhold.upload(Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'));
    expect(await gridhold.file(id)).toMatchObject({ filename: null, contentType: 'image/png' });
  });
});

describe('what a file is stored with', () => {
  it('reaches it', async () => {
    const document = { collection: 'posts', documentId: crypto.randomUUID() };
    const { id } = await gridhold.upload(new File(['text'], 'a.txt', { type: 'text/plain' }), {
      visibility: 'PRIVATE',
      metadata: { album: 'summer', nested: { a: [1, null] } },
      keep: true,
      owner: 'user-1',
      contentTypes: ['text/*'],
      maxSize: 4,
      sha256: sha256Of('text'),
      attachTo: { document, field: 'image', replace: true },
    });
    expect(await gridhold.file(id)).toMatchObject({
      visibility: 'PRIVATE',
      metadata: { album: 'summer', nested: { a: [1, null] } },
      keep: true,
      owner: 'user-1',
      refCount: 1,
      expiresAt: null,
    });
    const second = await gridhold.upload(Buffer.from('second'), {
      attachTo: { document, field: 'image', replace: true },
    });
    expect((await gridhold.file(id))?.refCount).toBe(0);
    expect((await gridhold.file(second.id))?.refCount).toBe(1);
  });

  it.each([
    ['maxSize', { maxSize: 3 }, 'FILE_TOO_LARGE', { maxSize: 3 }],
    ['contentTypes', { contentTypes: ['image/*'] }, 'CONTENT_TYPE_NOT_ALLOWED', { allowed: ['image/*'] }],
    ['sha256', { sha256: sha256Of('other') }, 'CHECKSUM_MISMATCH', {}],
  ])('%s is held to', async (_what, options, code, details) => {
    const uploading = gridhold.upload(new File(['text'], 'a.txt', { type: 'text/plain' }), {
      ...options,
      retries: 0,
    });
    await expect(uploading).rejects.toMatchObject({
      name: 'GridholdClientError',
      code,
      details,
      requestId: expect.any(String),
    });
  });
});

describe('uploadTo', () => {
  it.each([
    ['a string', async (url: string) => url],
    ['a URL', async (url: string) => new URL(url)],
    ['a function', async (url: string) => () => url],
    ['an async function of a URL', async (url: string) => async () => new URL(url)],
  ])('takes %s', async (_what, targetOf) => {
    const { url } = await newUploadUrl(service);
    const stored = await uploadTo(await targetOf(url), new File(['text'], 'a.txt'));
    expect(await gridhold.file(stored.id)).toMatchObject({ filename: 'a.txt', size: 4 });
  });

  it('adds the name to a URL that has a query, and keeps a name that the URL was made with', async () => {
    const { url } = await newUploadUrl(service);
    const { id } = await uploadTo(`${url}?x=1`, new File(['a'], 'a.txt'));
    expect((await gridhold.file(id))?.filename).toBe('a.txt');
    const named = await newUploadUrl(service, { filename: 'made.txt' });
    const second = await uploadTo(named.url, new File(['a'], 'a.txt'));
    expect((await gridhold.file(second.id))?.filename).toBe('made.txt');
  });

  it('throws what the target throws, as it is, and closes the stream', async () => {
    const failure = new Error('Not logged in');
    const stream = createReadStream(import.meta.filename);
    await expect(uploadTo(() => Promise.reject(failure), stream)).rejects.toBe(failure);
    await expect.poll(() => stream.closed).toBe(true);
  });

  it.each(['no address', '/relative'])('tells of a faulty address (%s) at once', async (address) => {
    await expect(uploadTo(address, Buffer.from('a'))).rejects.toThrow(TypeError);
  });
});

describe('headers', () => {
  it("of the client go to GraphQL, asked for each time, and never to upload URLs; the upload's own go there", async () => {
    let asked = 0;
    const withHeaders = createGridholdClient({
      url: `${proxy.url}/`,
      headers: async () => ({ authorization: `Bearer ${++asked}`, 'x-app': 'demo' }),
    });
    const before = proxy.requests.length;
    for (const text of ['one', 'two']) {
      await withHeaders.upload(Buffer.from(text), { headers: { 'x-upload': text } });
    }
    const seen = proxy.requests.slice(before).map(({ path, headers }) => ({
      kind: path.split('/')[1],
      authorization: headers['authorization'],
      app: headers['x-app'],
      upload: headers['x-upload'],
    }));
    expect(seen).toEqual([
      { kind: 'graphql', authorization: 'Bearer 1', app: 'demo' },
      { kind: 'upload', upload: 'one' },
      { kind: 'graphql', authorization: 'Bearer 2', app: 'demo' },
      { kind: 'upload', upload: 'two' },
    ]);
  });

  it('as an object go to each GraphQL request', async () => {
    const withHeaders = createGridholdClient({
      url: new URL(proxy.url),
      headers: { authorization: 'Bearer x' },
    });
    await withHeaders.file('file_none');
    expect(proxy.requests.at(-1)?.headers['authorization']).toBe('Bearer x');
  });

  it('a failure in their making is thrown as it is', async () => {
    const failure = new Error('No token');
    const client = createGridholdClient({
      url: proxy.url,
      headers: () => {
        throw failure;
      },
    });
    await expect(client.file('file_none')).rejects.toBe(failure);
  });

  it('that no request can carry are told of at once, as is an address of no server', async () => {
    const client = createGridholdClient({ url: proxy.url, headers: { authorization: 'line\nbreak' } });
    await expect(client.file('file_none')).rejects.toThrow(TypeError);
    await expect(createGridholdClient({ url: '/files-api' }).file('file_none')).rejects.toThrow(TypeError);
  });
});

describe('progress', () => {
  const watch = async (file: FileSource, size?: number): Promise<UploadProgress[]> => {
    const seen: UploadProgress[] = [];
    await gridhold.upload(file, { size, onProgress: (progress) => seen.push(progress) });
    return seen;
  };
  const expectRising = (seen: readonly UploadProgress[], total: number | null): void => {
    expect(seen[0]).toEqual({ loaded: 0, total, attempt: 1 });
    expect(seen.at(-1)?.loaded).toBe(large.byteLength);
    expect(new Set(seen.map(({ loaded }) => loaded)).size).toBeGreaterThan(20);
    expect(seen.map(({ loaded }) => loaded)).toEqual(seen.map(({ loaded }) => loaded).sort((a, b) => a - b));
    expect(new Set(seen.map((progress) => progress.total))).toEqual(new Set([total]));
    expect(new Set(seen.map(({ attempt }) => attempt))).toEqual(new Set([1]));
  };

  it.each([
    ['a File', () => new File([large], 'a.bin'), undefined],
    ['bytes', () => large, undefined],
    ['a stream with its size', () => inPieces(large), large.byteLength],
  ])('of %s rises from 0 to its total', async (_what, form, size) => {
    expectRising(await watch(form(), size), large.byteLength);
  });

  it('of a stream without a size has no total', async () => {
    expectRising(await watch(inPieces(large)), null);
  });

  it('of no bytes is told once', async () => {
    expect(await watch(new Blob([]))).toEqual([{ loaded: 0, total: 0, attempt: 1 }]);
  });

  it('that is thrown at ends the upload with that error, and nothing is stored', async () => {
    const before = await stockOf(db);
    const failure = new Error('The progress bar is gone');
    const uploading = gridhold.upload(new File([large], 'a.bin'), {
      onProgress({ loaded }) {
        if (loaded > 1_000_000) throw failure;
      },
    });
    await expect(uploading).rejects.toBe(failure);
    await expect.poll(() => stockOf(db)).toEqual(before);
  });
});

describe('a stream', () => {
  it.each([
    ['more', 10],
    ['fewer', 100_000],
  ])('with %s bytes than its size is refused, and nothing is stored', async (what, size) => {
    const before = await stockOf(db);
    await expect(gridhold.upload(inPieces(small), { size })).rejects.toThrow(new RegExp(`size: .*${what}`));
    await expect.poll(() => stockOf(db)).toEqual(before);
  });

  it('that throws gives that very error, and nothing is stored', async () => {
    const before = await stockOf(db);
    const failure = new Error('The disk is gone');
    async function* breaking(): AsyncGenerator<Uint8Array> {
      yield small;
      throw failure;
    }
    const sent = proxy.seen('upload').length;
    for (const stream of [
      breaking(),
      Readable.from(breaking(), { objectMode: false }),
      Readable.toWeb(Readable.from(breaking(), { objectMode: false })) as ReadableStream<Uint8Array>,
    ]) {
      await expect(gridhold.upload(stream)).rejects.toBe(failure);
    }
    expect(proxy.seen('upload').length - sent, 'each is sent once at most').toBeLessThanOrEqual(3);
    await expect.poll(() => stockOf(db)).toEqual(before);
  });

  it('that is the request of a server of its own leaves it the connection to answer a refusal on', async () => {
    const server = createServer((request, response) => {
      gridhold.upload(request, { maxSize: 1_000 }).then(
        ({ id }) => response.end(id),
        ({ code }) => response.writeHead(413).end(code),
      );
    });
    server.listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await expect.poll(() => server.listening).toBe(true);
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : null;
    const send = async (body: Buffer): Promise<string> => {
      const response = await fetch(`http://127.0.0.1:${port}/`, {
        method: 'POST',
        body: new Uint8Array(body),
      });
      return `${response.status} ${await response.text()}`;
    };
    expect(await send(large.subarray(0, 3_000_000))).toBe('413 FILE_TOO_LARGE');
    expect(await send(Buffer.from('small'))).toMatch(/^200 file_/);
  });
});
