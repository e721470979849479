/** Names that are scripts, in a real Chromium: in GraphiQL's results, and on the pages of upload URLs. */
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from './support/chromium.ts';
import { newFile } from './support/graphql-calls.ts';
import { newUploadUrl } from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

const script = "document.title='ran';window.ran=true";
const names = [
  `<img src=x onerror="${script}">`,
  `"><script>${script}</script>`,
  `'></pre></script><svg onload="${script}">`,
  `</title></textarea><iframe srcdoc="<script>parent.${script}</script>">`,
  `javascript:${script}`,
  `[a](javascript:${script})`,
  `{{constructor.constructor("${script}")()}}\${${script}}`,
  '\u202egpj.exe\u202c\u2066\u0000\u001b[2J\u2028',
];

let service: Service;
beforeAll(async () => {
  service = await startService();
  for (const name of names)
    await newFile(service, crypto.randomUUID(), { filename: name.replaceAll('\0', '') });
});

/** A page of its own, on which a dialog or a flag tells that a script of a name has run. */
async function visit(url: string, work: (page: Page) => Promise<void>): Promise<void> {
  const context = await (await launchChromium()).newContext({ viewport: { width: 1_600, height: 1_600 } });
  const page = await context.newPage();
  const ran: string[] = [];
  page.on('dialog', (dialog) => {
    ran.push(dialog.message());
    void dialog.dismiss();
  });
  await page.goto(url);
  await work(page);
  // What an image that fails to load would run comes later than the page.
  await page.waitForTimeout(300);
  const flags = await Promise.all(
    page.frames().map((frame) => frame.evaluate(() => Reflect.get(window, 'ran') === true)),
  );
  expect(ran).toEqual([]);
  expect(flags).not.toContain(true);
  expect(await page.title()).not.toBe('ran');
  await context.close();
}

describe('a hostile name runs no script', () => {
  it('in the results of GraphiQL, nor as the query that it opens with', async () => {
    // Monaco shows what is in view only: the hostile names alone, and no URLs.
    const query = `query Names { files(first: ${names.length}) { nodes { filename } } }\n# ${names[0]}`;
    await visit(`${service.url}/graphql`, async (page) => {
      const run = page.locator('.graphiql-execute-button');
      await run.waitFor();
      await page.evaluate((text) => {
        const tab = { id: 'a', hash: null, title: text, query: text, variables: '', headers: null };
        const tabs = [{ ...tab, operationName: 'Names', response: null }];
        localStorage.setItem('graphiql:tabState', JSON.stringify({ tabs, activeTabIndex: 0 }));
        localStorage.setItem('graphiql:query', text);
        localStorage.setItem('graphiql:variables', '');
      }, query);
      await page.reload();
      await run.waitFor();
      const results = page.locator('.result-window');
      await expect.poll(() => page.locator('.graphiql-query-editor').textContent()).toContain('Names');
      // One click that comes before the schema may be lost, and one on what runs stops it.
      const look = async (): Promise<string | null> => {
        if ((await run.getAttribute('aria-label'))?.startsWith('Execute')) await run.click();
        return await results.textContent();
      };
      await expect.poll(look, { timeout: 60_000, interval: 500 }).toContain('onerror');
      expect(await results.locator('img, script, iframe').count()).toBe(0);
      expect(await page.locator('img[src="x"]').count()).toBe(0);
    });
  });

  it('on the form of an upload URL, nor on the page after it', async () => {
    for (const name of names.slice(0, 4)) {
      const { url } = await newUploadUrl(service, { filename: name });
      await visit(url, async (page) => {
        await page.setInputFiles('input[type=file]', {
          name: 'a.txt',
          mimeType: 'text/plain',
          buffer: Buffer.from(name),
        });
        await page.locator('button, input[type=submit]').first().click();
        await page.waitForLoadState();
        expect(await page.locator('img[src="x"], script, svg[onload], iframe').count()).toBe(0);
        expect(await page.content()).toContain('file_');
      });
    }
  });
});
