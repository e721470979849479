/** The hooks in a real Chromium: React 19's development build in StrictMode, on a page of another origin. */
import { createGridholdClient, type GridholdClient } from 'gridhold/client';
import type { Db } from 'mongodb';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { launchChromium } from './support/chromium.ts';
import { servePage } from './support/client-page.ts';
import {
  answerWith,
  type Fault,
  type FlakyProxy,
  hold,
  pass,
  startFlakyProxy,
} from './support/flaky-proxy.ts';
import { databaseOf, stockOf } from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

let service: Service;
let db: Db;
let address: string;
let gridhold: GridholdClient;

beforeAll(async () => {
  service = await startService();
  db = await databaseOf(service);
  gridhold = createGridholdClient({ url: service.url });
  address = await servePage('hooks-page.tsx');
});

const patience = { timeout: 30_000 };

interface Scene {
  readonly page: Page;
  readonly proxy: FlakyProxy;
  readonly url: string;
  /** What is shown. */
  text(): Promise<string | null>;
}

/** The page with its hooks. At the end React must have warned of nothing. */
async function open(): Promise<Scene> {
  const browser = await launchChromium();
  const context = await browser.newContext();
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    const isOfNetwork =
      message.text().startsWith('Failed to load resource') || message.text().includes('CORS');
    if (['error', 'warning'].includes(message.type()) && !isOfNetwork) complaints.push(message.text());
  });
  onTestFinished(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });
  await page.goto(address);
  await page.waitForFunction(() => document.title === 'ready');
  const proxy = await startFlakyProxy(service.url);
  return { page, proxy, url: proxy.url, text: () => page.textContent('#root') };
}

describe('useUpload', () => {
  it('goes from idle through uploading, with progress, to stored', async () => {
    const { page, url, text } = await open();
    await page.evaluate((base) => window.page.showUpload(window.page.gridhold(base)), url);
    await expect.poll(text, patience).toBe('idle');
    const size = 3_000_000;
    const stored = await page.evaluate(
      (bytes) =>
        window.page.upload?.upload(new File([new Uint8Array(bytes)], 'a.bin'), { metadata: { a: 1 } }),
      size,
    );
    await expect.poll(text, patience).toBe(`stored, ${size} of ${size}, ${stored?.id}`);
    expect(await gridhold.file(stored?.id ?? '')).toMatchObject({
      filename: 'a.bin',
      size,
      metadata: { a: 1 },
    });
    const states = await page.evaluate(() => window.page.states);
    const changes = states
      .map(({ status }) => status)
      .filter((status, index, all) => status !== all[index - 1]);
    expect(changes).toEqual(['idle', 'uploading', 'stored']);
    expect(states.filter(({ status }) => status !== 'stored').every(({ file }) => file === null)).toBe(true);
    expect(states.some(({ status, progress }) => status === 'uploading' && progress !== null)).toBe(true);
    expect(await page.evaluate(() => window.page.functions.size), 'upload stays the same function').toBe(1);
  });

  it('shows the failure in words, resolves with null, and is idle after a reset', async () => {
    const { page, url, text } = await open();
    await page.evaluate((base) => window.page.showUpload(window.page.gridhold(base)), url);
    const outcome = await page.evaluate(() =>
      window.page.upload?.upload(new Blob(['too large']), { maxSize: 2 }),
    );
    expect(outcome).toBeNull();
    await expect.poll(text, patience).toMatch(/^failed, .*larger than 2 bytes/);
    const code = await page.evaluate(() => {
      const error = window.page.upload?.error;
      return error && 'code' in error ? error.code : null;
    });
    expect(code).toBe('FILE_TOO_LARGE');
    await page.evaluate(() => window.page.upload?.reset());
    await expect.poll(text, patience).toBe('idle');
  });

  it('shows what the target threw, an Error or not', async () => {
    const { page, text } = await open();
    await page.evaluate(() => window.page.showUpload(() => Promise.reject(new Error('Not logged in'))));
    await page.evaluate(() => window.page.upload?.upload(new Blob(['a'])));
    await expect.poll(text, patience).toBe('failed, Not logged in');
    await page.evaluate(() => window.page.showUpload(() => Promise.reject('a text')));
    await page.evaluate(() => window.page.upload?.upload(new Blob(['a'])));
    await expect.poll(text, patience).toBe('failed, a text');
  });

  it('is cancelled back to idle, and nothing is stored', async () => {
    const { page, proxy, url, text } = await open();
    const before = await stockOf(db);
    proxy.failNext('upload', hold);
    await page.evaluate((base) => window.page.showUpload(window.page.gridhold(base)), url);
    const outcome = page.evaluate(() => window.page.upload?.upload(new Blob([new Uint8Array(1_000)])));
    await expect.poll(() => proxy.seen('upload')[0]?.bytes, patience).toBe(1_000);
    await page.evaluate(() => window.page.upload?.reset());
    expect(await text(), 'a reset ends nothing').toMatch(/^uploading/);
    await page.evaluate(() => window.page.upload?.cancel());
    expect(await outcome).toBeNull();
    await expect.poll(text, patience).toBe('idle');
    await expect.poll(() => stockOf(db), patience).toEqual(before);
  });

  it('is replaced by the next upload: only that one is shown', async () => {
    const { page, proxy, url, text } = await open();
    proxy.failNext('upload', hold);
    await page.evaluate((base) => window.page.showUpload(window.page.gridhold(base)), url);
    const first = page.evaluate(() => window.page.upload?.upload(new Blob(['first'])));
    await expect.poll(() => proxy.seen('upload')[0]?.bytes, patience).toBe(5);
    const second = await page.evaluate(() => window.page.upload?.upload(new Blob(['second'])));
    expect(await first).toBeNull();
    await expect.poll(text, patience).toBe(`stored, 6 of 6, ${second?.id}`);
  });

  it('goes on when the component goes away', async () => {
    const { page, proxy, url } = await open();
    const held: (() => void)[] = [];
    const late: Fault = (exchange) => void held.push(() => pass(exchange));
    proxy.failNext('upload', late);
    await page.evaluate((base) => window.page.showUpload(window.page.gridhold(base)), url);
    const outcome = page.evaluate(() => window.page.upload?.upload(new Blob(['kept'])));
    await expect.poll(() => held.length, patience).toBe(1);
    await page.evaluate(() => window.page.clear());
    await expect.poll(() => page.textContent('#root'), patience).toBe('nothing');
    held[0]?.();
    const stored = await outcome;
    expect(await gridhold.file(stored?.id ?? '')).toMatchObject({ size: 4 });
  });

  it('uses the target of the last render', async () => {
    const { page, text } = await open();
    const [{ url: first }, { url: second }] = [
      await gridhold.generateUploadUrl({ filename: 'first' }),
      await gridhold.generateUploadUrl({ filename: 'second' }),
    ];
    await page.evaluate((target) => window.page.showUpload(() => target), first);
    await expect.poll(text, patience).toBe('idle');
    await page.evaluate((target) => window.page.showUpload(async () => target), second);
    const stored = await page.evaluate(() => window.page.upload?.upload(new Blob(['a'])));
    expect((await gridhold.file(stored?.id ?? ''))?.filename).toBe('second');
    expect(await page.evaluate(() => window.page.functions.size)).toBe(1);
  });
});

describe('useFiles', () => {
  const store = async (owner: string, names: readonly string[]): Promise<void> => {
    for (const filename of names) {
      const contentType = filename.endsWith('.csv') ? 'text/csv' : 'text/plain';
      await gridhold.upload(Buffer.from(filename), { filename, owner, contentType });
    }
  };
  const newOwner = (): string => crypto.randomUUID();
  const shown = async (page: Page): Promise<string[]> => {
    await page.waitForSelector('ul[data-loading=false]', { state: 'attached' });
    return await page.locator('li').allInnerTexts();
  };
  const hasMore = async (page: Page): Promise<string | null> =>
    await page.locator('ul').getAttribute('data-more');
  const failure = answerWith(404, '<html>', { 'access-control-allow-origin': '*' });

  it('shows the first page, and the next ones as they are asked for, nothing twice', async () => {
    const { page, proxy, url } = await open();
    const owner = newOwner();
    await store(owner, ['1', '2', '3', '4', '5']);
    const options = { filter: { owner }, pageSize: 2 };
    await page.evaluate(([base, given]) => window.page.showFiles(base, given), [url, options] as const);
    await expect.poll(() => shown(page), patience).toEqual(['5', '4']);
    expect(await hasMore(page)).toBe('true');
    await page.evaluate(() => {
      // A list that scrolls asks several times.
      window.page.files?.loadMore();
      window.page.files?.loadMore();
    });
    await expect.poll(() => shown(page), patience).toEqual(['5', '4', '3', '2']);
    await page.evaluate(() => window.page.files?.loadMore());
    await expect.poll(() => shown(page), patience).toEqual(['5', '4', '3', '2', '1']);
    expect(await hasMore(page)).toBe('false');
    const requests = proxy.seen('graphql').length;
    await page.evaluate(() => window.page.files?.loadMore());
    // The same options, written anew, are no change.
    await page.evaluate(([base, given]) => window.page.showFiles(base, given), [url, options] as const);
    expect(await shown(page)).toEqual(['5', '4', '3', '2', '1']);
    // StrictMode begins twice, but the first is given up before it asks.
    expect(requests).toBe(3);
    expect(proxy.seen('graphql').length).toBe(requests);
  });

  it('begins anew by reload, and where the options change', async () => {
    const { page, url } = await open();
    const owner = newOwner();
    await store(owner, ['1.csv', '2.txt']);
    await page.evaluate(([base, given]) => window.page.showFiles(base, given), [
      url,
      { filter: { owner } },
    ] as const);
    await expect.poll(() => shown(page), patience).toEqual(['2.txt', '1.csv']);
    await store(owner, ['3.csv']);
    await page.evaluate(() => window.page.files?.reload());
    await expect.poll(() => shown(page), patience).toEqual(['3.csv', '2.txt', '1.csv']);
    const narrowed = { filter: { owner, contentType: 'text/csv' } };
    await page.evaluate(([base, given]) => window.page.showFiles(base, given), [url, narrowed] as const);
    await expect.poll(() => shown(page), patience).toEqual(['3.csv', '1.csv']);
  });

  it('shows nothing where there is nothing', async () => {
    const { page, url } = await open();
    const options = { filter: { owner: newOwner() } };
    await page.evaluate(([base, given]) => window.page.showFiles(base, given), [url, options] as const);
    expect(await shown(page)).toEqual([]);
    expect(await hasMore(page)).toBe('false');
  });

  it('shows an error and keeps what it has, and loadMore tries again: of the first page, and of the next', async () => {
    const { page, proxy, url } = await open();
    const owner = newOwner();
    await store(owner, ['1', '2', '3']);
    const options = { filter: { owner }, pageSize: 2 };
    const error = async (): Promise<string | null> => await page.locator('ul').getAttribute('data-error');
    proxy.failNext('graphql', failure);
    await page.evaluate(([base, given]) => window.page.showFiles(base, given), [url, options] as const);
    await expect.poll(error, patience).toBe('GridholdClientError');
    expect(await shown(page)).toEqual([]);
    await page.evaluate(() => window.page.files?.loadMore());
    await expect.poll(() => shown(page), patience).toEqual(['3', '2']);
    expect(await error()).toBe('');
    proxy.failNext('graphql', failure);
    await page.evaluate(() => window.page.files?.loadMore());
    await expect.poll(error, patience).toBe('GridholdClientError');
    expect(await shown(page)).toEqual(['3', '2']);
    await page.evaluate(() => window.page.files?.loadMore());
    await expect.poll(() => shown(page), patience).toEqual(['3', '2', '1']);
    expect(await error()).toBe('');
  });

  it('gives up its request when the component goes away', async () => {
    const { page, proxy, url } = await open();
    proxy.failNext('graphql', hold);
    await page.evaluate((base) => window.page.showFiles(base), url);
    await expect.poll(() => proxy.seen('graphql').length, patience).toBeGreaterThan(0);
    await page.evaluate(() => window.page.clear());
    await expect.poll(() => proxy.seen('graphql').every(({ isOver }) => isOver), patience).toBe(true);
    expect(await page.textContent('#root')).toBe('nothing');
  });
});
