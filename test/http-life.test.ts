/** How the service lives and ends: probes, a MongoDB that goes away, and signals while transfers run. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import type { EmbeddedMongod } from '../src/storage/embedded/embedded-mongod.ts';
import { openEmbeddedMongod } from '../src/storage/embedded/open-embedded-mongod.ts';
import { RawConnection } from './support/raw-connection.ts';
import {
  databaseOf,
  newUploadUrl,
  problemIn,
  put,
  sha256Of,
  stockOf,
  storedBy,
  storeFile,
} from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

describe('/health and /ready', () => {
  it('are 200 while all is well, and are not cached; / leads to GraphiQL', async () => {
    const service = await startService();
    for (const path of ['/health', '/ready']) {
      const response = await fetch(`${service.url}${path}`);
      expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store']);
    }
    const root = await fetch(service.url, { redirect: 'manual' });
    expect([root.status, root.headers.get('location')]).toEqual([302, '/graphql']);
    await service.stop();
  });
});

describe('when MongoDB', () => {
  let dataDir: string;
  let mongod: EmbeddedMongod;
  let service: Service;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'gridhold-life-'));
    mongod = await openEmbeddedMongod({ dataDir, mongod: inject('mongodBinary'), download: 'off' });
    service = await startService({ MONGODB_URI: mongod.uri });
  });

  afterAll(async () => {
    await mongod.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('stands still, /ready is 503 and says so, /health is 200, and both are 200 when it goes on', async () => {
    const { url } = await storeFile(service, 'x');
    process.kill(mongod.pid, 'SIGSTOP');
    const began = performance.now();
    try {
      const response = await fetch(`${service.url}/ready`);
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await problemIn(response)).toMatchObject({
        status: 503,
        code: 'STORAGE_UNAVAILABLE',
        retryable: true,
      });
      expect(performance.now() - began).toBeLessThan(9_000);
      expect((await fetch(`${service.url}/health`)).status).toBe(200);
    } finally {
      process.kill(mongod.pid, 'SIGCONT');
    }
    await vi.waitFor(async () => expect((await fetch(`${service.url}/ready`)).status).toBe(200), {
      timeout: 15_000,
    });
    expect(await (await fetch(url)).text()).toBe('x');
  });

  it('is gone, requests get 503 with Retry-After, and SIGTERM still ends the service in order', async () => {
    const { url } = await storeFile(service, 'x');
    const { url: upload } = await newUploadUrl(service);
    await mongod.stop();
    const answers = await Promise.all([
      fetch(url),
      put(upload, 'x'),
      fetch(`${service.url}/files`, { method: 'POST', body: 'x' }),
      fetch(`${service.url}/ready`),
    ]);
    const requestId = 'asked-of-graphql';
    const byGraphql = await fetch(`${service.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-request-id': requestId },
      body: '{"query":"{ storage { fileCount } }"}',
    });
    expect(await byGraphql.json()).toMatchObject({
      errors: [{ extensions: { code: 'STORAGE_UNAVAILABLE' } }],
    });
    const logged = service.log().filter((line) => line['requestId'] === requestId && 'err' in line);
    expect(logged).toMatchObject([{ code: 'STORAGE_UNAVAILABLE', level: 40 }]);
    for (const answer of answers) {
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await problemIn(answer)).toMatchObject({ status: 503, code: 'STORAGE_UNAVAILABLE' });
    }
    expect((await fetch(`${service.url}/health`)).status).toBe(200);
    expect(await service.stop()).toBe(0);
  });
});

/** A download that its client has paused, with more on its way than the sockets' buffers hold. */
async function pausedDownload(service: Service): Promise<{ download: RawConnection; bytes: Buffer }> {
  const bytes = randomBytes(24_000_000);
  const { url } = await storeFile(service, bytes);
  const download = await RawConnection.open(url);
  download.head('GET', url);
  await once(download.socket, 'data');
  download.socket.pause();
  return { download, bytes };
}

async function halfUpload(
  service: Service,
): Promise<{ upload: RawConnection; url: string; rest: Buffer; sha256: string }> {
  const bytes = randomBytes(2_000_000);
  const { url } = await newUploadUrl(service);
  const upload = await RawConnection.open(url);
  upload.head('PUT', url, { 'Content-Length': bytes.byteLength }).send(bytes.subarray(0, 1_000_000));
  const receiving = 'query ($id: ID!) { uploadUrl(id: $id) { status } }';
  const id = new URL(url).pathname.split(/[/.]/)[2];
  await vi.waitFor(
    async () =>
      expect((await service.graphql(receiving, { id })).data).toEqual({ uploadUrl: { status: 'RECEIVING' } }),
    { timeout: 30_000 },
  );
  return { upload, url, rest: bytes.subarray(1_000_000), sha256: sha256Of(bytes) };
}

async function refusesConnections(service: Service): Promise<void> {
  await vi.waitFor(
    async () => await expect(RawConnection.open(service.url)).rejects.toThrow('ECONNREFUSED'),
    { timeout: 30_000 },
  );
}

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  it('ends an idle service at once with code 0, and closes connections that carry nothing', async () => {
    const service = await startService();
    const [silent, kept] = await Promise.all([
      RawConnection.open(service.url),
      RawConnection.open(service.url),
    ]);
    await kept.head('GET', `${service.url}/health`).answer();
    const began = performance.now();
    expect(await service.stop(signal)).toBe(0);
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(await Promise.all([silent.closed, kept.closed])).toEqual(['ended', 'ended']);
    expect(service.log().map(({ event }) => event)).toEqual(expect.arrayContaining(['stopping', 'stopped']));
  });

  it('refuses new connections, lets a running download and a running upload end, and then ends with 0', async () => {
    const service = await startService();
    const db = await databaseOf(service);
    const { download, bytes } = await pausedDownload(service);
    const { upload, rest, sha256 } = await halfUpload(service);
    const exited = service.stop(signal);
    await refusesConnections(service);

    const answer = await upload.send(rest).answer();
    expect([answer.status, answer.headers.get('connection')]).toEqual([201, 'close']);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ sha256 });
    download.socket.resume();
    const downloaded = await download.answer();
    expect(downloaded.status).toBe(200);
    expect(downloaded.body.equals(bytes)).toBe(true);
    const began = performance.now();
    expect(await exited).toBe(0);
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(await db.collection('files').countDocuments({ sha256 })).toBe(1);
  });
});

describe('a transfer that lasts longer than GRIDHOLD_SHUTDOWN_TIMEOUT', () => {
  it('is cut: the download is short and breaks, the upload stores nothing and may be sent again', async () => {
    const service = await startService({ GRIDHOLD_SHUTDOWN_TIMEOUT: '1s', GRIDHOLD_SWEEP_INTERVAL: 'off' });
    const db = await databaseOf(service);
    const { download } = await pausedDownload(service);
    const { upload, url } = await halfUpload(service);
    const began = performance.now();
    expect(await service.stop()).toBe(0);
    const tookMs = performance.now() - began;
    expect(tookMs).toBeGreaterThan(900);
    expect(tookMs).toBeLessThan(6_000);
    download.socket.resume();
    await expect(download.answer()).rejects.toThrow('ended before');
    await expect(upload.answer()).rejects.toThrow('ended before');
    // The downloaded file's only: its blob has 92 chunks.
    expect(await stockOf(db)).toMatchObject({ files: 1, 'blobs.files': 1, 'blobs.chunks': 92, leases: 0 });

    const next = await startService({ GRIDHOLD_DATABASE: service.database });
    const again = `${next.url}${new URL(url).pathname}`;
    await storedBy(await put(again, 'again'));
  });

  it('is cut at once by a second signal, and the exit code says so', async () => {
    const service = await startService();
    const { download } = await pausedDownload(service);
    const exited = service.stop();
    await refusesConnections(service);
    const began = performance.now();
    service.process.kill('SIGTERM');
    expect(await exited).toBe(3);
    expect(performance.now() - began).toBeLessThan(3_000);
    download.socket.resume();
    await expect(download.answer()).rejects.toThrow('ended before');
  });
});
