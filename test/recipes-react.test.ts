/** The React recipes of docs/clients.md, in a browser, against the service. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { createGridholdClient } from 'gridhold/client';
import type { Page } from 'playwright-core';
import sirv from 'sirv';
import { build } from 'vite';
import { beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from './support/chromium.ts';
import { repository, type Service, startService } from './support/service.ts';

const photo = resolve(repository, 'test/fixtures/photo.jpg');

describe('the React recipes', () => {
  let service: Service;
  let page: Page;

  beforeAll(async () => {
    const built = mkdtempSync(join(tmpdir(), 'gridhold-recipes-page-'));
    await build({
      configFile: false,
      root: resolve(repository, 'test/recipes-page'),
      plugins: [react()],
      build: { outDir: built, emptyOutDir: true },
      logLevel: 'warn',
    });
    const serve = sirv(built);
    const server = createServer((request, response) => serve(request, response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port }: Pick<AddressInfo, 'port'> = Object(server.address());
    service = await startService();
    const browser = await launchChromium();
    page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${port}/?gridhold=${service.url}`);
    return () => {
      server.close();
      rmSync(built, { recursive: true });
    };
  });

  it('upload a photo that is picked, and say its storage ID', async () => {
    await page.getByLabel('Photo').setInputFiles(photo);
    const said = await page.getByText('Stored as file_').textContent();
    const id = said?.replace('Stored as ', '') ?? '';
    const file = await createGridholdClient({ url: service.url }).file(id);
    expect(file).toMatchObject({ filename: 'photo.jpg', contentType: 'image/jpeg' });
  });

  it('say why a file that is no image is not taken', async () => {
    const buffer = Buffer.from('words');
    await page.getByLabel('Photo').setInputFiles({ name: 'words.txt', mimeType: 'text/plain', buffer });
    expect(await page.getByRole('alert').textContent()).toMatch(/text\/plain/);
  });

  it('show pictures twelve at a time, until there are no more', async () => {
    const gridhold = createGridholdClient({ url: service.url });
    const bytes = readFileSync(photo);
    const stored = await gridhold.uploadMany(
      Array.from({ length: 12 }, (_, index) => new File([bytes], `${index}.jpg`, { type: 'image/jpeg' })),
    );
    expect(stored.map(({ status }) => status)).toEqual(Array(12).fill('fulfilled'));
    await page.reload();
    await expect.poll(() => page.locator('img').count()).toBe(12);
    await page.getByRole('button', { name: 'More' }).click();
    await expect.poll(() => page.locator('img').count()).toBe(13);
    expect(await page.getByRole('button', { name: 'More' }).count()).toBe(0);
    const sources = await page
      .locator('img')
      .evaluateAll((images) => images.map((img) => img.getAttribute('src')));
    expect(new Set(sources).size).toBe(13);
  });
});
