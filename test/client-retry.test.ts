/** Failures that pass, made by a proxy over real sockets: what is repeated, what is not, and that nothing is stored twice. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createGridholdClient, type GridholdClient, type UploadProgress, uploadTo } from 'gridhold/client';
import type { Db } from 'mongodb';
import { beforeAll, describe, it } from 'vitest';
import {
  answerWith,
  cutAfter,
  type Fault,
  type FlakyProxy,
  loseAnswer,
  pass,
  reset,
  startFlakyProxy,
} from './support/flaky-proxy.ts';
import { RawConnection } from './support/raw-connection.ts';
import { databaseOf, isClaimed, newUploadUrl, sha256Of } from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

let service: Service;
let db: Db;

beforeAll(async () => {
  service = await startService();
  db = await databaseOf(service);
});

const open = async (): Promise<{ proxy: FlakyProxy; gridhold: GridholdClient }> => {
  const proxy = await startFlakyProxy(service.url);
  return { proxy, gridhold: createGridholdClient({ url: proxy.url }) };
};

const countStored = async (bytes: Uint8Array): Promise<number> =>
  await db.collection('files').countDocuments({ sha256: sha256Of(bytes) });

const html = answerWith(502, '<html><body>Bad gateway</body></html>', { 'content-type': 'text/html' });
const unavailable = answerWith(
  503,
  JSON.stringify({
    title: 'Storage is unavailable',
    status: 503,
    code: 'STORAGE_UNAVAILABLE',
    retryable: true,
  }),
  { 'content-type': 'application/problem+json', 'retry-after': '1' },
);

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

// At once: most of their time is pauses.
describe.concurrent('an upload is repeated, and stored once,', () => {
  const passing: readonly (readonly [what: string, fault: Fault])[] = [
    ['after a connection that is reset', reset],
    ['after an answer that is lost when the bytes are stored', loseAnswer],
    ['after a connection that breaks within the body', cutAfter(100_000)],
    ['after a 503 with Retry-After', unavailable],
    ['after a 429 of a proxy', answerWith(429, 'slow down', { 'retry-after': '1' })],
    ["after a proxy's page", html],
  ];

  it.for(passing)('%s', async ([, fault], { expect }) => {
    const { proxy, gridhold } = await open();
    const bytes = randomBytes(1_000_000);
    const progress: UploadProgress[] = [];
    proxy.failNext('upload', fault);
    const stored = await gridhold.upload(new Blob([bytes]), { onProgress: (step) => progress.push(step) });
    expect(stored).toMatchObject({ sha256: sha256Of(bytes), size: bytes.byteLength });
    expect(proxy.seen('upload')).toHaveLength(2);
    expect(new Set(proxy.seen('upload').map(({ path }) => path)).size, 'to one URL').toBe(1);
    expect(await countStored(bytes)).toBe(1);
    expect(await gridhold.file(stored.id)).toMatchObject({ id: stored.id });
    const second = progress.filter(({ attempt }) => attempt === 2);
    expect(second[0]).toEqual({ loaded: 0, total: bytes.byteLength, attempt: 2 });
    expect(progress.at(-1)).toEqual({ loaded: bytes.byteLength, total: bytes.byteLength, attempt: 2 });
  });

  it('after two failures in a row', async ({ expect }) => {
    const { proxy, gridhold } = await open();
    const bytes = randomBytes(300_000);
    proxy.failNext('upload', loseAnswer, html);
    const { sha256 } = await gridhold.upload(bytes);
    expect(sha256).toBe(sha256Of(bytes));
    expect(proxy.seen('upload')).toHaveLength(3);
    expect(await countStored(bytes)).toBe(1);
  });

  it('where nobody listens at first', async ({ expect }) => {
    const port = await freePort();
    const gridhold = createGridholdClient({ url: `http://127.0.0.1:${port}` });
    const bytes = randomBytes(10);
    const uploading = gridhold.upload(bytes);
    const refused = createGridholdClient({ url: `http://127.0.0.1:${port}`, retries: 0 }).file('file_none');
    await expect(refused).rejects.toMatchObject({ code: 'NETWORK_ERROR' });
    await startFlakyProxy(service.url, port);
    expect(await uploading).toMatchObject({ sha256: sha256Of(bytes) });
  });

  it('while another request sends to its URL', async ({ expect }) => {
    const { proxy, gridhold } = await open();
    const bytes = randomBytes(1_000);
    const { url } = await gridhold.generateUploadUrl();
    const other = await RawConnection.open(url);
    other.head('POST', url, { 'Content-Length': 1_000_000 }).send(randomBytes(1_000));
    await expect.poll(() => isClaimed(db, url)).toBe(true);
    await expect(uploadTo(url, bytes, { retries: 0 })).rejects.toMatchObject({
      code: 'UPLOAD_IN_PROGRESS',
      retryable: true,
      retryAfterMs: 10_000,
    });
    // The one try goes to the reset: to wait for an attempt that stands still does not count.
    proxy.failNext('upload', reset);
    const uploading = uploadTo(url, bytes, { retries: 1 });
    await expect.poll(() => proxy.seen('upload').filter(({ isOver }) => isOver).length).toBe(3);
    other.destroy();
    expect(await uploading).toMatchObject({ sha256: sha256Of(bytes) });
  });

  it('when the request for its URL is lost', async ({ expect }) => {
    const { proxy, gridhold } = await open();
    proxy.failNext('graphql', loseAnswer, reset);
    const bytes = randomBytes(100);
    expect(await gridhold.upload(bytes)).toMatchObject({ sha256: sha256Of(bytes) });
    expect(proxy.seen('graphql')).toHaveLength(3);
    expect(proxy.seen('upload')).toHaveLength(1);
  });
});

describe.concurrent('GraphQL', () => {
  it.for([
    ['a reset', reset],
    ['a lost answer', loseAnswer],
    ["a proxy's page", html],
    ['a 503', unavailable],
  ] as const)('is repeated after %s', async ([, fault], { expect }) => {
    const { proxy, gridhold } = await open();
    const { id } = await gridhold.upload(randomBytes(10));
    const document = { collection: 'posts', documentId: id };
    const before = proxy.seen('graphql').length;
    proxy.failNext('graphql', fault);
    expect(await gridhold.attach({ fileId: id, document })).toMatchObject({
      document,
      file: { refCount: 1 },
    });
    expect(proxy.seen('graphql').length - before).toBe(2);
  });

  it('is repeated after an error that passes, and waits as its extensions say', async ({ expect }) => {
    const { proxy, gridhold } = await open();
    const extensions = { code: 'STORAGE_UNAVAILABLE', retryable: true, requestId: 'r-1', retryAfter: 61 };
    const body = JSON.stringify({ errors: [{ message: 'Storage is unavailable', extensions }], data: null });
    const busy = answerWith(200, body, { 'content-type': 'application/json' });
    proxy.failNext('graphql', busy);
    // Longer than the client waits for: it is told.
    await expect(gridhold.file('file_none')).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      message: 'Storage is unavailable',
      status: 200,
      retryable: true,
      retryAfterMs: 61_000,
      requestId: 'r-1',
    });
    expect(proxy.seen('graphql')).toHaveLength(1);
  });
});

describe.concurrent('the failure is told', () => {
  it('at once with retries: 0, of the client or of the upload', async ({ expect }) => {
    const { proxy, gridhold } = await open();
    const impatient = createGridholdClient({ url: proxy.url, retries: 0 });
    proxy.failNext('upload', reset, reset);
    await expect(impatient.upload(randomBytes(10))).rejects.toMatchObject({
      code: 'NETWORK_ERROR',
      status: null,
      retryable: true,
      cause: expect.any(Error),
    });
    await expect(gridhold.upload(randomBytes(10), { retries: 0 })).rejects.toMatchObject({
      code: 'NETWORK_ERROR',
    });
    proxy.failNext('graphql', reset, reset);
    await expect(impatient.file('file_none')).rejects.toMatchObject({ code: 'NETWORK_ERROR' });
    await expect(gridhold.upload(randomBytes(10), { retries: 0 })).rejects.toMatchObject({
      code: 'NETWORK_ERROR',
    });
    expect(proxy.seen('upload')).toHaveLength(2);
    expect(proxy.seen('graphql')).toHaveLength(4);
  });

  it("where an upload's own retries are undefined, by those of the client", async ({ expect }) => {
    const { proxy } = await open();
    const impatient = createGridholdClient({ url: proxy.url, retries: 0 });
    proxy.failNext('upload', reset);
    await expect(impatient.upload(randomBytes(10), { retries: undefined })).rejects.toMatchObject({
      code: 'NETWORK_ERROR',
    });
  });

  it('when the retries are used up: the last one', async ({ expect }) => {
    const { proxy, gridhold } = await open();
    proxy.failNext('upload', reset, html, reset);
    await expect(gridhold.upload(randomBytes(10), { retries: 1 })).rejects.toMatchObject({
      code: 'INVALID_RESPONSE',
      status: 502,
      retryable: true,
    });
    expect(proxy.seen('upload')).toHaveLength(2);
  });

  it('and not waited for where the server asks for more than a minute', async ({ expect }) => {
    const { proxy, gridhold } = await open();
    proxy.failNext('upload', answerWith(429, '', { 'retry-after': '3600' }));
    await expect(gridhold.upload(randomBytes(10))).rejects.toMatchObject({ retryAfterMs: 3_600_000 });
  });

  it('with the wait until a date, where the server names one', async ({ expect }) => {
    const { proxy, gridhold } = await open();
    const date = new Date(Date.now() + 3_600_000).toUTCString();
    proxy.failNext('upload', answerWith(503, '', { 'retry-after': date }));
    const error = await gridhold.upload(randomBytes(10)).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ retryAfterMs: expect.closeTo(3_600_000, -6) });
  });

  const final: readonly (readonly [code: string, status: number, options: object])[] = [
    ['FILE_TOO_LARGE', 413, { maxSize: 1 }],
    ['CONTENT_TYPE_NOT_ALLOWED', 415, { contentTypes: ['image/*'] }],
  ];
  it.for(final)('at once where it will not pass: %s', async ([code, status, options], { expect }) => {
    const { proxy, gridhold } = await open();
    const uploading = gridhold.upload(randomBytes(10), { contentType: 'text/plain', ...options });
    await expect(uploading).rejects.toMatchObject({ code, status, retryable: false });
    expect(proxy.seen('upload')).toHaveLength(1);
  });

  it('at once for a 400, and for a page of somebody else with a status that stays', async ({ expect }) => {
    const { proxy, gridhold } = await open();
    await expect(gridhold.generateUploadUrl({ maxSize: -1 })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
    expect(proxy.seen('graphql')).toHaveLength(1);
    proxy.failNext('upload', answerWith(404, '<html>', { 'content-type': 'text/html' }));
    await expect(gridhold.upload(randomBytes(10))).rejects.toMatchObject({
      code: 'INVALID_RESPONSE',
      status: 404,
      retryable: false,
    });
    proxy.failNext('upload', answerWith(200, '{"ok":true}', { 'content-type': 'application/json' }));
    await expect(gridhold.upload(randomBytes(10))).rejects.toMatchObject({ code: 'INVALID_RESPONSE' });
    expect(proxy.seen('upload')).toHaveLength(2);
  });

  it('of a stream: it can be read only once', async ({ expect }) => {
    const { proxy, gridhold } = await open();
    const bytes = randomBytes(500_000);
    proxy.failNext('upload', cutAfter(100_000));
    await expect(gridhold.upload(new Blob([bytes]).stream())).rejects.toMatchObject({
      code: 'NETWORK_ERROR',
    });
    expect(proxy.seen('upload')).toHaveLength(1);
    expect(await countStored(bytes)).toBe(0);
  });
});

describe.concurrent('an upload URL that has expired', () => {
  const staleUrl = async (base: string): Promise<string> => {
    const { id, url } = await newUploadUrl(service, { expiresIn: 1 });
    for (;;) {
      const { data } = await service.graphql<{ uploadUrl: { status: string } }>(
        'query ($id: ID!) { uploadUrl(id: $id) { status } }',
        { id },
      );
      if (data.uploadUrl.status === 'EXPIRED') return url.replace(service.url, base);
      await new Promise((later) => setTimeout(later, 100));
    }
  };

  it('is asked for anew, once, where a function gives it', async ({ expect }) => {
    const { proxy, gridhold } = await open();
    const stale = await staleUrl(proxy.url);
    const bytes = randomBytes(10);
    let asked = 0;
    const target = async (): Promise<string> =>
      ++asked === 1 ? stale : (await gridhold.generateUploadUrl()).url;
    expect(await uploadTo(target, bytes, { retries: 0 })).toMatchObject({ sha256: sha256Of(bytes) });
    expect(asked).toBe(2);
    const always = (): string => {
      asked++;
      return stale;
    };
    await expect(uploadTo(always, bytes)).rejects.toMatchObject({ code: 'UPLOAD_URL_EXPIRED', status: 410 });
    expect(asked).toBe(4);
  });

  it('is told of where it is given as it is, and where the file is a stream', async ({ expect }) => {
    const { proxy } = await open();
    const stale = await staleUrl(proxy.url);
    await expect(uploadTo(stale, randomBytes(10))).rejects.toMatchObject({ code: 'UPLOAD_URL_EXPIRED' });
    const stream = new Blob([randomBytes(10)]).stream();
    await expect(uploadTo(() => stale, stream)).rejects.toMatchObject({ code: 'UPLOAD_URL_EXPIRED' });
    expect(proxy.seen('upload')).toHaveLength(2);
  });

  it('is renewed for further repeats too', async ({ expect }) => {
    const { proxy, gridhold } = await open();
    const stale = await staleUrl(proxy.url);
    const bytes = randomBytes(10);
    let isFirst = true;
    const target = async (): Promise<string> => {
      if (!isFirst) return (await gridhold.generateUploadUrl()).url;
      isFirst = false;
      return stale;
    };
    proxy.failNext('upload', pass, loseAnswer);
    expect(await uploadTo(target, bytes)).toMatchObject({ sha256: sha256Of(bytes) });
    expect(proxy.seen('upload')).toHaveLength(3);
    expect(await countStored(bytes)).toBe(1);
  });
});
