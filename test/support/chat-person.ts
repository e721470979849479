/** A person at a chat's page: what they do, and what they see. */
import type {
  Browser,
  BrowserContext,
  BrowserContextOptions,
  CDPSession,
  Locator,
  Page,
} from 'playwright-core';
import { afterEach } from 'vitest';

export interface Person {
  readonly page: Page;
  /** `User 1234`. */
  readonly name: string;
  say(text: string): Promise<void>;
  /** Picks a file in the dialog that the picture button opens. */
  pick(file: Picked): Promise<void>;
  /** The message that shows this. */
  message(content: string | RegExp): Locator;
  image(author: string): Locator;
  /** Hovers the message, and deletes it. */
  remove(message: Locator): Promise<void>;
  /** From now on, every value that a progress bar shows. */
  watchProgress(): Promise<() => Promise<readonly number[]>>;
  /** Bytes per second; null: as fast as it goes. */
  limitUpload(bytesPerSecond: number | null): Promise<void>;
}

const contexts: BrowserContext[] = [];
/** Of everybody who was at a chat in this test file. */
const names = new Set<string>();

// At the top of the module: registered inside a hook or a test it would not run.
afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close();
});

export type Picked = string | { readonly name: string; readonly mimeType: string; readonly buffer: Buffer };

/** In a tab of their own, which shares nothing with others' and is closed after the test. */
export async function openPerson(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Person> {
  const context = await browser.newContext(options);
  contexts.push(context);
  const page = await context.newPage();
  await page.goto(url);
  let name = await shownName(page);
  // Drawn at random out of a few thousand: whose it is already would be taken for that other person.
  while (names.has(name)) {
    await page.evaluate(() => sessionStorage.clear());
    await page.reload();
    name = await shownName(page);
  }
  names.add(name);
  const message = (content: string | RegExp): Locator =>
    page.getByRole('listitem').filter({ hasText: content });
  let network: CDPSession | null = null;

  return {
    page,
    name,
    message,
    // Exact: the names of some begin with those of others.
    image: (author) => page.getByAltText(`Image from ${author}`, { exact: true }),
    async say(text) {
      await page.getByRole('textbox', { name: 'Message' }).fill(text);
      await page.keyboard.press('Enter');
    },
    async pick(file) {
      const [chooser] = await Promise.all([
        page.waitForEvent('filechooser'),
        page.getByRole('button', { name: 'Send a picture' }).click(),
      ]);
      await chooser.setFiles(file);
    },
    async remove(shown) {
      await shown.hover();
      await shown.getByRole('button', { name: /^Delete/ }).click();
    },
    async watchProgress() {
      const seen = await page.evaluateHandle(() => {
        const values: number[] = [];
        const look = (): void => {
          const bar = document.querySelector('progress');
          if (bar && bar.position >= 0 && bar.value !== values.at(-1)) values.push(bar.value);
          requestAnimationFrame(look);
        };
        look();
        return values;
      });
      return () => seen.jsonValue();
    },
    async limitUpload(bytesPerSecond) {
      network ??= await context.newCDPSession(page);
      await network.send('Network.enable');
      await network.send('Network.emulateNetworkConditions', {
        offline: false,
        latency: 0,
        downloadThroughput: -1,
        uploadThroughput: bytesPerSecond ?? -1,
      });
    },
  };
}

async function shownName(page: Page): Promise<string> {
  return (await page.locator('header strong').textContent()) ?? '';
}

/** The image's own width in pixels, once it has loaded: 0 is a broken one. */
export async function loadedWidth(image: Locator): Promise<number> {
  return await image.evaluate(async (element) => {
    if (!(element instanceof HTMLImageElement)) throw new Error('It is no image');
    await element.decode().catch(() => undefined);
    return element.naturalWidth;
  });
}
