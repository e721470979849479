/** Takes pictures: those that README shows to docs/screenshots, all others to screenshots/, which is not committed. */
import { resolve } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { repository } from '../support/service.ts';

const shown = new Set(['chat-apollo', 'chat-urql', 'generate-and-store']);

export const desktop: BrowserContextOptions = { viewport: { width: 900, height: 760 }, colorScheme: 'light' };
export const dark: BrowserContextOptions = { ...desktop, colorScheme: 'dark' };
export const phone: BrowserContextOptions = {
  viewport: { width: 360, height: 740 },
  deviceScaleFactor: 2,
  hasTouch: true,
  isMobile: true,
};

export async function takePicture(page: Page, name: string): Promise<void> {
  const directory = shown.has(name) ? 'docs/screenshots' : 'screenshots';
  // Images that are on their way, and transitions.
  await page.waitForLoadState('networkidle').catch(() => undefined);
  await page.screenshot({ path: resolve(repository, directory, `${name}.png`), animations: 'disabled' });
}
