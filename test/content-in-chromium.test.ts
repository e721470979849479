/**
 * Stored files in a real Chromium, served from the origin of an app: whatever they claim to be, and however a page comes
 * to load them, they run no script there; and pictures, films and sounds are shown.
 */
import type { BrowserContext, Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from './support/chromium.ts';
import { type HostileFile, hostileFiles, hostileScript } from './support/hostile-files.ts';
import { RawConnection } from './support/raw-connection.ts';
import { fixture, type Stored, storeFile } from './support/requests.ts';
import { type Service, startService } from './support/service.ts';
import { startWebServer, type WebServer } from './support/web-server.ts';

const blank = '<!doctype html><title>app</title><body></body>';

let service: Service;
let canary: WebServer;
let context: BrowserContext;
/** An app that has Gridhold under its own origin, and pages without any policy. */
let app: string;
const files: (HostileFile & { readonly path: string })[] = [];

beforeAll(async () => {
  service = await startService();
  canary = await startWebServer({});
  const server = await startWebServer(
    { '/app': blank, '/control': `<script>${hostileScript(at('control'))}</script>` },
    service.url,
  );
  app = `http://127.0.0.1:${server.port}`;
  context = await (await launchChromium()).newContext({ acceptDownloads: false });
  for (const file of hostileFiles(at('ran'))) {
    const { id } = await storeRaw(file);
    files.push({ ...file, path: `/files/${id}/${encodeURIComponent(file.filename)}` });
  }
});

function at(path: string): string {
  return `http://127.0.0.1:${canary.port}/${path}`;
}

/** By hand: fetch would not send some of these types. */
async function storeRaw({ type, filename, bytes }: HostileFile): Promise<Stored> {
  const connection = await RawConnection.open(service.url);
  const url = `${service.url}/files?filename=${encodeURIComponent(filename)}`;
  connection.head('POST', url, {
    'Content-Length': bytes.byteLength,
    ...(type === null ? {} : { 'Content-Type': type }),
  });
  const answer = await connection.send(bytes).answer();
  connection.destroy();
  const text = answer.body.toString();
  expect(answer.status, `${type}: ${text}`).toBe(201);
  const stored: Stored = JSON.parse(text);
  return stored;
}

function fileNamed(name: string): string {
  const file = files.find((one) => one.name === name);
  if (!file) throw new Error(`No hostile file ${name}`);
  return file.path;
}

/** What ran, by the files' names. A style's picture is asked for under no policy but the page's, and is no script. */
function ran(): readonly string[] {
  return canary.asked.filter((line) => line.includes('/ran/') && !line.endsWith('/style'));
}

async function expectNothingRan(): Promise<void> {
  const page = await openApp();
  // What ran asks within milliseconds; this waits for several.
  await page.waitForTimeout(300);
  expect(ran()).toEqual([]);
  expect(await page.evaluate(() => [document.cookie, localStorage.getItem('ran')])).toEqual(['', null]);
  expect((await page.context().pages()).length).toBeLessThanOrEqual(2);
  await page.close();
}

async function openApp(): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${app}/app`);
  return page;
}

it('the canary sings where a page does run that script', async () => {
  const page = await context.newPage();
  await page.goto(`${app}/control`).catch(() => null);
  await expect.poll(() => canary.asked.filter((line) => line.includes('/control')).length).toBeGreaterThan(0);
  await page.context().clearCookies();
  await page.goto(`${app}/app`);
  await page.evaluate(() => localStorage.clear());
  for (const one of context.pages()) await one.close();
});

describe('a hostile file', () => {
  it('opened by its address runs no script, whatever it claims to be', async () => {
    const page = await context.newPage();
    for (const { path, name } of files) {
      // What is to be saved ends the navigation.
      await page.goto(`${app}${path}`, { waitUntil: 'load' }).catch(() => null);
      expect(await page.title(), name).not.toBe('ran');
    }
    await page.close();
    await expectNothingRan();
  });

  it('in a frame, an object or a picture of the app’s page runs no script', async () => {
    const page = await openApp();
    await page.evaluate(
      async (paths) => {
        const settled = paths.flatMap((path) =>
          ['iframe', 'object', 'img'].map((tag) => {
            const element = document.createElement(tag);
            element.setAttribute(tag === 'object' ? 'data' : 'src', path);
            return new Promise<void>((resolve) => {
              element.onload = element.onerror = () => resolve();
              // A frame whose content is to be saved never says that it is done.
              setTimeout(resolve, 2_000);
              document.body.append(element);
            });
          }),
        );
        await Promise.all(settled);
      },
      files.map(({ path }) => path),
    );
    expect(await page.title()).toBe('app');
    expect(page.url()).toBe(`${app}/app`);
    await page.close();
    await expectNothingRan();
  });

  it('loaded as a script, a module, a worker, a service worker or a style runs no script', async () => {
    const page = await openApp();
    const loaded = await page.evaluate(
      async (paths) => {
        const byElement = (path: string, set: (script: HTMLScriptElement) => void): Promise<boolean> =>
          new Promise((resolve) => {
            const script = document.createElement('script');
            set(script);
            script.onload = () => resolve(true);
            script.onerror = () => resolve(false);
            script.src = path;
            document.body.append(script);
          });
        const byWorker = (start: () => EventTarget): Promise<boolean> =>
          new Promise((resolve) => {
            const worker = start();
            worker.addEventListener('error', () => resolve(false));
            setTimeout(() => resolve(false), 1_000);
          });
        const attempts = paths.flatMap((path) => [
          byElement(path, () => undefined),
          byElement(path, (script) => script.setAttribute('type', 'module')),
          byWorker(() => new Worker(path)),
          byWorker(() => new SharedWorker(path).port),
          navigator.serviceWorker.register(path, { scope: path }).then(
            () => true,
            () => false,
          ),
        ]);
        for (const path of paths) {
          const link = document.createElement('link');
          link.rel = 'stylesheet';
          link.href = path;
          document.head.append(link);
        }
        return (await Promise.all(attempts)).filter(Boolean).length;
      },
      files.map(({ path }) => path),
    );
    expect(loaded).toBe(0);
    expect(await page.title()).toBe('app');
    await page.close();
    await expectNothingRan();
  });

  it('that the browser has in its cache is no script either', async () => {
    const page = await openApp();
    const path = fileNamed('script-0');
    const outcome = await page.evaluate(async (file) => {
      const bytes = await (await fetch(file)).text();
      const again = await fetch(file, { cache: 'only-if-cached', mode: 'same-origin' });
      const script = document.createElement('script');
      script.src = file;
      const ended = new Promise((resolve) => {
        script.onload = () => resolve('loaded');
        script.onerror = () => resolve('refused');
      });
      document.body.append(script);
      return [bytes.length > 0, again.status, await ended];
    }, path);
    expect(outcome).toEqual([true, 200, 'refused']);
    await page.close();
    await expectNothingRan();
  });

  it('is no script, worker or frame in GraphiQL’s page, whose own scripts run', async () => {
    const page = await context.newPage();
    await page.goto(`${app}/graphql`);
    await page.waitForSelector('.graphiql-container');
    const outcomes = await page.evaluate(async (paths) => {
      const ended = (element: HTMLElement): Promise<string> =>
        new Promise((resolve) => {
          element.onload = () => resolve('loaded');
          element.onerror = () => resolve('refused');
          document.body.append(element);
        });
      const script = (type: string, path: string): HTMLElement =>
        Object.assign(document.createElement('script'), { type, src: path });
      return await Promise.all(
        paths.flatMap((path) => [
          ended(script('', path)),
          ended(script('module', path)),
          new Promise<string>((resolve) => {
            const worker = new Worker(path);
            worker.onerror = () => resolve('refused');
            worker.onmessage = () => resolve('loaded');
          }),
          navigator.serviceWorker.register(path).then(
            () => 'loaded',
            () => 'refused',
          ),
        ]),
      );
    }, ['script-0', 'module', 'gif-script', 'script-4'].map(fileNamed));
    expect(new Set(outcomes)).toEqual(new Set(['refused']));
    expect(await page.title()).not.toBe('ran');
    await page.close();
    await expectNothingRan();
  });
});

describe('what a browser shows safely', () => {
  let shown: Record<'photo' | 'picture' | 'drawing' | 'clip' | 'note', string>;
  beforeAll(async () => {
    const path = async (name: string, type: string): Promise<string> => {
      const { id } = await storeFile(service, fixture(name), { headers: { 'content-type': type } });
      return `${app}/files/${id}`;
    };
    shown = {
      photo: await path('photo.jpg', 'image/jpeg'),
      picture: await path('picture.png', 'image/png'),
      drawing: await path('picture.svg', 'image/svg+xml'),
      clip: await path('clip.webm', 'video/webm'),
      note: await path('note.txt', 'text/plain;charset=utf-8'),
    };
  });

  it('is shown in a page of any origin', async () => {
    const stranger = await startWebServer({ '/': blank });
    const page = await context.newPage();
    await page.goto(`http://stranger.example:${stranger.port}/`);
    const widths = await page.evaluate(async ({ photo, picture, drawing, clip }) => {
      const image = async (src: string): Promise<number> => {
        const element = Object.assign(new Image(), { src });
        await element.decode();
        return element.naturalWidth;
      };
      const video = document.createElement('video');
      video.muted = true;
      const loaded = new Promise((resolve, reject) => {
        video.onloadeddata = resolve;
        video.onerror = reject;
      });
      video.src = clip;
      await loaded;
      return [await image(photo), await image(picture), await image(drawing), video.videoWidth];
    }, shown);
    for (const width of widths) expect(width).toBeGreaterThan(0);
    await page.close();
  });

  it('is shown by its address', async () => {
    const page = await context.newPage();
    for (const address of [shown.photo, shown.picture]) {
      await page.goto(address);
      expect(await page.evaluate(() => document.images[0]?.naturalWidth ?? 0)).toBeGreaterThan(0);
    }
    await page.goto(shown.clip);
    await page.waitForFunction(() => (document.querySelector('video')?.readyState ?? 0) >= 2);
    await page.goto(shown.note);
    expect(await page.evaluate(() => document.body.textContent.trim())).toBe(
      fixture('note.txt').toString().trim(),
    );
    await page.goto(shown.drawing);
    expect(await page.evaluate(() => document.documentElement.localName)).toBe('svg');
    await page.close();
  });
});
