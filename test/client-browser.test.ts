/** `gridhold/client` in a real Chromium, on a page of another origin: XMLHttpRequest, CORS, and fetch where that is all. */
import { randomBytes } from 'node:crypto';
import type { Db } from 'mongodb';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { launchChromium } from './support/chromium.ts';
import { servePage } from './support/client-page.ts';
import {
  answerWith,
  cutAfter,
  type FlakyProxy,
  hold,
  loseAnswer,
  startFlakyProxy,
} from './support/flaky-proxy.ts';
import { RawConnection } from './support/raw-connection.ts';
import { databaseOf, isClaimed, newUploadUrl, sha256Of, stockOf } from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

let service: Service;
let db: Db;
let address: string;

beforeAll(async () => {
  service = await startService();
  db = await databaseOf(service);
  address = await servePage('client-page.ts');
});

const patience = { timeout: 30_000 };
const transports = ['XMLHttpRequest', 'fetch'] as const;
type Transport = (typeof transports)[number];

/** A new page with the client, and a proxy of its own. Without XMLHttpRequest, as in a service worker, fetch is left. */
async function open(
  transport: Transport = 'XMLHttpRequest',
): Promise<{ page: Page; proxy: FlakyProxy; url: string }> {
  const browser = await launchChromium();
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  const page = await context.newPage();
  if (transport === 'fetch') {
    await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'XMLHttpRequest'));
  }
  await page.goto(address);
  await page.waitForFunction(() => document.title === 'ready');
  const proxy = await startFlakyProxy(service.url);
  return { page, proxy, url: proxy.url };
}

/** @returns what lifts the limit */
async function slowDown(page: Page, bytesPerSecond: number): Promise<() => Promise<void>> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  const limit = async (uploadThroughput: number): Promise<void> => {
    const others = { offline: false, latency: 0, downloadThroughput: -1 };
    await session.send('Network.emulateNetworkConditions', { ...others, uploadThroughput });
  };
  await limit(bytesPerSecond);
  return () => limit(-1);
}

describe.each(transports)('by %s', (transport) => {
  it('every form of a file is stored as it is', async () => {
    const { page, url } = await open(transport);
    const outcomes = await page.evaluate(async (base) => {
      const gridhold = window.client.createGridholdClient({ url: base });
      const bytes = crypto.getRandomValues(new Uint8Array(60_000));
      async function* pieces(): AsyncGenerator<Uint8Array> {
        yield bytes.subarray(0, 10_000);
        yield bytes.subarray(10_000);
      }
      const forms = {
        file: new File([bytes], 'größe "1".bin', { type: 'application/x-test' }),
        blob: new Blob([bytes]),
        bytes,
        within: new Uint8Array([1, ...bytes, 2]).subarray(1, 60_001),
        buffer: bytes.buffer,
        stream: new Blob([bytes]).stream(),
        generator: pieces(),
        empty: new File([], 'empty.txt'),
      };
      const hash = async (data: BufferSource): Promise<string> =>
        [...new Uint8Array(await crypto.subtle.digest('SHA-256', data))]
          .map((byte) => byte.toString(16).padStart(2, '0'))
          .join('');
      const expected = [await hash(bytes), await hash(new Uint8Array())];
      const found: Record<string, unknown> = {};
      for (const [name, form] of Object.entries(forms)) {
        const { id, sha256 } = await gridhold.upload(form);
        const file = await gridhold.file(id);
        found[name] = [sha256 === expected[name === 'empty' ? 1 : 0], file?.filename, file?.contentType];
      }
      return found;
    }, url);
    const unnamed = [true, null, 'application/octet-stream'];
    expect(outcomes).toEqual({
      file: [true, 'größe "1".bin', 'application/x-test'],
      blob: unnamed,
      bytes: unnamed,
      within: unnamed,
      buffer: unnamed,
      stream: unnamed,
      generator: unnamed,
      empty: [true, 'empty.txt', expect.any(String)],
    });
  });

  it('an upload is repeated after a connection that breaks, and stored once', async () => {
    const { page, proxy, url } = await open(transport);
    for (const fault of [cutAfter(100_000), loseAnswer]) {
      // Twice: of a connection that it had before, Chromium repeats the first by itself.
      proxy.failNext('upload', fault, fault);
      const before = proxy.seen('upload').length;
      const { sha256, attempts } = await page.evaluate(async (base) => {
        const seen = new Set<number>();
        const stored = await window.client
          .createGridholdClient({ url: base })
          .upload(new Blob([crypto.getRandomValues(new Uint8Array(60_000)), new Uint8Array(1_000_000)]), {
            onProgress: ({ attempt }) => seen.add(attempt),
          });
        return { sha256: stored.sha256, attempts: [...seen] };
      }, url);
      expect(attempts).toContain(2);
      expect(proxy.seen('upload').length - before).toBeGreaterThanOrEqual(3);
      expect(await db.collection('files').countDocuments({ sha256 })).toBe(1);
    }
  });

  it.each([
    ['FILE_TOO_LARGE', 413, { maxSize: 1_000_000 }],
    ['CONTENT_TYPE_NOT_ALLOWED', 415, { contentTypes: ['image/*'], contentType: 'video/mp4' }],
  ] as const)('50 MB that are refused as %s tell so, again and again', async (code, status, options) => {
    const { page } = await open(transport);
    const errors = await page.evaluate(
      async ({ base, options: given }) => {
        const gridhold = window.client.createGridholdClient({ url: base });
        const blob = new Blob(Array.from({ length: 50 }, () => new Uint8Array(1_000_000)));
        const found: unknown[] = [];
        for (let round = 0; round < 5; round++) {
          const error: unknown = await gridhold.upload(blob, given).catch((reason: unknown) => reason);
          const isTyped = error instanceof window.client.GridholdClientError;
          found.push(isTyped ? { code: error.code, status: error.status } : String(error));
        }
        return found;
      },
      {
        base: service.url,
        options: {
          ...options,
          contentTypes: 'contentTypes' in options ? [...options.contentTypes] : undefined,
        },
      },
    );
    expect(errors).toEqual(Array(5).fill({ code, status }));
  });

  it('a wait that the server asks for can be read across origins', async () => {
    const { page } = await open(transport);
    const { url } = await newUploadUrl(service);
    const other = await RawConnection.open(url);
    other.head('POST', url, { 'Content-Length': 1_000_000 }).send(randomBytes(1_000));
    const isReceiving = async (): Promise<number> =>
      await db.collection('leases').countDocuments({ why: 'writing' });
    await expect.poll(() => isClaimed(db, url), patience).toBe(true);
    const error = await page.evaluate(async (target) => {
      const reason: unknown = await window.client
        .uploadTo(target, new Blob(['a']), { retries: 0 })
        .catch((thrown: unknown) => thrown);
      if (!(reason instanceof window.client.GridholdClientError)) return String(reason);
      const { code, status, retryable, retryAfterMs, requestId } = reason;
      return { code, status, retryable, retryAfterMs, hasId: requestId !== null };
    }, url);
    other.destroy();
    expect(error).toEqual({
      code: 'UPLOAD_IN_PROGRESS',
      status: 409,
      retryable: true,
      retryAfterMs: 10_000,
      hasId: true,
    });
    await expect.poll(isReceiving, patience).toBe(0);
  });

  it('an abort ends it with the reason, and nothing is stored', async () => {
    const { page, proxy, url } = await open(transport);
    const before = await stockOf(db);
    for (const [kind, fault] of [
      ['upload', hold],
      ['graphql', hold],
      ['upload', answerWith(503, '', { 'retry-after': '50', 'access-control-allow-origin': '*' })],
    ] as const) {
      proxy.failNext(kind, fault);
      const count = proxy.seen(kind).length;
      const outcome = page.evaluate(async (base) => {
        const controller = new AbortController();
        const reason = new Error('The user has left');
        document.onclick = () => controller.abort(reason);
        const error: unknown = await window.client
          .createGridholdClient({ url: base })
          .upload(new Blob([new Uint8Array(100_000)]), { signal: controller.signal })
          .catch((thrown: unknown) => thrown);
        return error === reason ? 'the reason' : String(error);
      }, url);
      const isThere = (): boolean => {
        const request = proxy.seen(kind)[count];
        return fault === hold ? (request?.bytes ?? 0) > 0 : request?.isOver === true;
      };
      await expect.poll(isThere, patience).toBe(true);
      await page.evaluate(() => document.documentElement.click());
      expect(await outcome).toBe('the reason');
    }
    await expect.poll(() => stockOf(db), patience).toEqual(before);
  });

  it('a lost network is NETWORK_ERROR, and what is no file a TypeError', async () => {
    const { page, url } = await open(transport);
    await page.context().setOffline(true);
    const names = await page.evaluate(async (base) => {
      const gridhold = window.client.createGridholdClient({ url: base, retries: 0 });
      const strange: unknown = { uri: 'file:///a.txt', name: 'a.txt', type: 'text/plain' };
      const files = [new Blob(['a']), strange as Blob];
      const outcomes = await Promise.allSettled([
        ...files.map((file) => window.client.uploadTo(`${base}/upload/x`, file, { retries: 0 })),
        gridhold.file('file_none'),
      ]);
      return outcomes.map((outcome) => {
        const reason: unknown = outcome.status === 'rejected' ? outcome.reason : null;
        return reason instanceof window.client.GridholdClientError
          ? reason.code
          : String(reason).split(':')[0];
      });
    }, url);
    expect(names).toEqual(['NETWORK_ERROR', 'TypeError', 'NETWORK_ERROR']);
  });

  it('a stream that breaks is thrown as it is, and nothing is sent', async () => {
    const { page, proxy, url } = await open(transport);
    const outcomes = await page.evaluate(async (base) => {
      const failure = new Error('The camera is gone');
      const broken = new ReadableStream<Uint8Array>({
        pull(controller) {
          controller.error(failure);
        },
      });
      const texts: unknown = new ReadableStream({
        pull(controller) {
          controller.enqueue('text');
          controller.close();
        },
      });
      const { uploadTo } = window.client;
      const short = new Blob(['short']).stream();
      const seen: unknown[] = [];
      for (const stream of [broken, texts as ReadableStream<Uint8Array>, short]) {
        const options = stream === short ? { size: 6 } : {};
        const error: unknown = await uploadTo(`${base}/upload/x`, stream, options).catch(
          (thrown: unknown) => thrown,
        );
        seen.push(error === failure ? 'as it is' : error instanceof Error && error.name);
      }
      return seen;
    }, url);
    expect(outcomes).toEqual(['as it is', 'TypeError', 'RangeError']);
    expect(proxy.requests).toEqual([]);
  });
});

describe('by XMLHttpRequest', () => {
  it('progress rises step by step to its total while a large file is sent', async () => {
    const { page, url } = await open();
    // Until it was seen to rise: a browser that is held up for a second tells only of what is then sent.
    const speedUp = await slowDown(page, 200_000);
    const size = 4_000_000;
    const uploading = page.evaluate(
      async ({ base, bytes }) => {
        const steps: { loaded: number; total: number | null; attempt: number }[] = [];
        await window.client.createGridholdClient({ url: base }).upload(new Blob([new Uint8Array(bytes)]), {
          onProgress(step) {
            steps.push(step);
            document.title = String(new Set(steps.map(({ loaded }) => loaded)).size);
          },
        });
        return steps;
      },
      { base: url, bytes: size },
    );
    await expect.poll(async () => Number(await page.title()), patience).toBeGreaterThan(4);
    await speedUp();
    const seen = await uploading;
    expect(seen[0]).toEqual({ loaded: 0, total: size, attempt: 1 });
    expect(seen.at(-1)).toEqual({ loaded: size, total: size, attempt: 1 });
    const loaded = seen.map((step) => step.loaded);
    expect(loaded).toEqual([...loaded].sort((a, b) => a - b));
  });

  it('an abort while it is sent stops the sending', async () => {
    const { page, proxy, url } = await open();
    const before = await stockOf(db);
    await slowDown(page, 1_000_000);
    const outcome = await page.evaluate(async (base) => {
      const controller = new AbortController();
      const error: unknown = await window.client
        .createGridholdClient({ url: base })
        .upload(new Blob([new Uint8Array(20_000_000)]), {
          signal: controller.signal,
          onProgress: ({ loaded }) => loaded > 0 && controller.abort(),
        })
        .catch((thrown: unknown) => thrown);
      return error instanceof DOMException ? error.name : String(error);
    }, url);
    expect(outcome).toBe('AbortError');
    await expect.poll(() => proxy.seen('upload').every(({ isOver }) => isOver), patience).toBe(true);
    expect(proxy.seen('upload')).toHaveLength(1);
    expect(proxy.seen('upload')[0]?.bytes).toBeLessThan(20_000_000);
    await expect.poll(() => stockOf(db), patience).toEqual(before);
  });

  it('what onProgress throws ends the upload with it', async () => {
    const { page, url } = await open();
    const outcome = await page.evaluate(async (base) => {
      const failure = new Error('The progress bar is gone');
      const error: unknown = await window.client
        .createGridholdClient({ url: base })
        .upload(new Blob([new Uint8Array(5_000_000)]), {
          onProgress() {
            throw failure;
          },
        })
        .catch((thrown: unknown) => thrown);
      return error === failure;
    }, url);
    expect(outcome).toBe(true);
  });

  it('the files that a person picks are stored, in their order', async () => {
    const { page, url } = await open();
    const picked = ['one', 'two', 'three'].map((name) => ({
      name: `${name}.txt`,
      mimeType: 'text/plain',
      buffer: Buffer.from(name),
    }));
    await page.setContent('<input type="file" multiple>');
    await page.setInputFiles('input', picked);
    const stored = await page.evaluate(async (base) => {
      const files = document.querySelector('input')?.files ?? [];
      const outcomes = await window.client.createGridholdClient({ url: base }).uploadMany(files);
      return outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value.sha256 : null));
    }, url);
    expect(stored).toEqual(picked.map(({ buffer }) => sha256Of(buffer)));
  });
});
