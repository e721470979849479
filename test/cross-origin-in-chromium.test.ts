/**
 * A page that a developer happens to visit, in a real Chromium, against a server on loopback without authentication:
 * it does nothing there and reads nothing, also where its own name is made to resolve to that server.
 */
import type { Db } from 'mongodb';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { launchChromium } from './support/chromium.ts';
import { databaseOf, newUploadUrl, type Stored, stockOf, storeFile } from './support/requests.ts';
import { type Service, startService } from './support/service.ts';
import { startWebServer, type WebServer } from './support/web-server.ts';

const blank = '<!doctype html><title>page</title><body></body>';
const mutation = 'mutation { generateUploadUrl { url } }';
const marker = 'a-name-that-nobody-may-read';

let service: Service;
let db: Db;
let pages: WebServer;
let secret: Stored;

beforeAll(async () => {
  service = await startService();
  db = await databaseOf(service);
  pages = await startWebServer({ '/': blank });
  secret = await storeFile(service, marker, { query: `?filename=${marker}&visibility=PRIVATE` });
});

async function openPage(address: string): Promise<Page> {
  const context = await (await launchChromium()).newContext();
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await page.goto(address);
  return page;
}

/** Everything that a request could have made or changed. */
async function everything(): Promise<object> {
  const urls = await db.collection('uploadUrls').find().sort({ _id: 1 }).toArray();
  const files = await db.collection('files').find().sort({ _id: 1 }).toArray();
  return { stock: await stockOf(db), urls, files };
}

/** Routes and statuses of what the service has answered since: a browser hides some answers from its own tools. */
function statusesSince(lines: number): readonly string[] {
  return service
    .log()
    .slice(lines)
    .filter(({ msg }) => msg === 'request')
    .map(({ route, status }) => `${route} ${status}`);
}

interface Sent {
  readonly method?: string;
  readonly mode?: 'no-cors';
  readonly credentials?: 'include';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What the page got of each: the text, or why it got none. */
async function fetches(
  page: Page,
  requests: readonly (readonly [address: string, request?: Sent])[],
): Promise<readonly string[]> {
  return await page.evaluate(
    async (all) =>
      await Promise.all(
        all.map(async ([address, request]) => {
          try {
            const response = await fetch(address, request);
            return response.type === 'opaque' ? 'opaque' : `${response.status} ${await response.text()}`;
          } catch {
            return 'refused';
          }
        }),
      ),
    requests,
  );
}

describe('a page of another site', () => {
  const open = async (): Promise<Page> => await openPage(`http://evil.example:${pages.port}/`);

  it('gets nothing done and reads nothing by fetch, and a page of loopback does', async () => {
    const json = { method: 'POST', headers: { 'content-type': 'application/json' } };
    const body = JSON.stringify({ query: mutation });
    const blind = { method: 'POST', mode: 'no-cors', credentials: 'include' } as const;
    const form = `query=${encodeURIComponent(mutation)}`;
    const reading = `/graphql?query=${encodeURIComponent('{ files { nodes { id filename } } }')}`;
    const { url: upload } = await newUploadUrl(service);
    const forged = `${upload.slice(0, -2)}AA`;
    const requests: (readonly [string, Sent?])[] = [
      [`${service.url}/graphql`, { ...json, body }],
      [`${service.url}/graphql`, { ...blind, headers: { 'content-type': 'text/plain' }, body }],
      [
        `${service.url}/graphql`,
        { ...blind, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: form },
      ],
      [`${service.url}/graphql?${form}`, blind],
      [`${service.url}/graphql?${form}`],
      [`${service.url}/graphql?${form}`, { mode: 'no-cors' }],
      [`${service.url}${reading}`],
      [`${service.url}${reading}`, { mode: 'no-cors' }],
      [`${service.url}/files`, { ...blind, body: 'x' }],
      [`${service.url}/files`, { method: 'POST', body: 'x' }],
      [forged, { ...blind, body: 'x' }],
      [`${service.url}/upload/`, { ...blind, body: 'x' }],
      [`${service.url}/files/${secret.id}`, { mode: 'no-cors' }],
    ];
    const before = await everything();
    const answers = await fetches(await open(), requests);
    expect(new Set(answers)).toEqual(new Set(['refused', 'opaque']));
    const texts = await fetches(await open(), [
      [forged, { method: 'PUT', body: 'x' }],
      [`${service.url}/files/${secret.id}`],
    ]);
    expect(texts.map((text) => text.slice(0, 3))).toEqual(['404', '404']);
    expect(texts.join()).not.toContain(marker);
    expect(await everything()).toEqual(before);

    const page = await openPage(`http://localhost:${pages.port}/`);
    const [made, read] = await fetches(page, [
      [`${service.url}/graphql`, { ...json, body }],
      [`${service.url}${reading}`],
    ]);
    expect(made).toContain('/upload/');
    expect(read).toContain(marker);
  });

  it('gets nothing done by forms, of any encoding', async () => {
    const page = await open();
    const before = await everything();
    const answered = pages.asked.length;
    const logged = service.log().length;
    await page.evaluate(
      async ({ base, query }) => {
        const fields = {
          query,
          operations: JSON.stringify({
            query: 'mutation ($file: Upload!) { uploadFile(file: $file) { id } }',
            variables: { file: null },
          }),
          map: JSON.stringify({ 0: ['variables.file'] }),
        };
        const sent: Promise<unknown>[] = [];
        for (const action of [`${base}/graphql`, `${base}/files`, `${base}/upload/none`]) {
          for (const enctype of ['text/plain', 'multipart/form-data', 'application/x-www-form-urlencoded']) {
            const frame = document.createElement('iframe');
            frame.name = `frame-${sent.length}`;
            const form = document.createElement('form');
            Object.assign(form, { method: 'POST', action, enctype, target: frame.name });
            for (const [name, value] of Object.entries(fields)) {
              form.append(Object.assign(document.createElement('textarea'), { name, value }));
            }
            const input = Object.assign(document.createElement('input'), { type: 'file', name: '0' });
            const chosen = new DataTransfer();
            chosen.items.add(new File(['x'], 'x.txt'));
            input.files = chosen.files;
            form.append(input);
            document.body.append(frame, form);
            sent.push(
              new Promise((resolve) => {
                frame.onload = resolve;
              }),
            );
            form.submit();
          }
        }
        await Promise.all(sent);
      },
      { base: service.url, query: mutation },
    );
    await expect.poll(() => statusesSince(logged).length).toBe(9);
    expect(new Set(statusesSince(logged))).toEqual(
      new Set(['/graphql 403', '/files 403', '/upload/{token} 404']),
    );
    expect(pages.asked.length).toBe(answered);
    expect(await everything()).toEqual(before);
  });

  it('gets nothing done by elements, beacons, frames without an origin and sockets, and no query is run for it', async () => {
    const page = await open();
    const before = await everything();
    const logged = service.log().length;
    const read = await page.evaluate(
      async ({ base, query }) => {
        const target = `${base}/graphql?query=${encodeURIComponent(query)}`;
        const ended = (tag: string, attribute: string): Promise<unknown> =>
          new Promise((resolve) => {
            const element = document.createElement(tag);
            element.setAttribute(attribute, target);
            if (tag === 'link') element.setAttribute('rel', 'stylesheet');
            element.onload = element.onerror = resolve;
            setTimeout(resolve, 5_000);
            document.body.append(element);
          });
        const isolated = new Promise<unknown>((resolve) => {
          const frame = document.createElement('iframe');
          frame.setAttribute('sandbox', 'allow-scripts');
          addEventListener('message', ({ data }) => resolve(data));
          frame.srcdoc = `<script>Promise.all([fetch(${JSON.stringify(target)}), fetch('${base}/files', { method: 'POST', body: 'x' })]).then((all) => parent.postMessage('read', '*'), () => parent.postMessage('refused', '*'))</script>`;
          document.body.append(frame);
        });
        navigator.sendBeacon(`${base}/graphql`, JSON.stringify({ query }));
        navigator.sendBeacon(`${base}/files`, 'x');
        const socket = new Promise<string>((resolve) => {
          const opened = new WebSocket(target.replace('http', 'ws'));
          opened.onopen = () => resolve('read');
          opened.onerror = () => resolve('refused');
        });
        const events = new Promise<string>((resolve) => {
          const source = new EventSource(target);
          source.onopen = () => resolve('read');
          source.onerror = () => {
            source.close();
            resolve('refused');
          };
        });
        await Promise.all([ended('img', 'src'), ended('script', 'src'), ended('link', 'href')]);
        return await Promise.all([isolated, socket, events]);
      },
      { base: service.url, query: '{ files { nodes { id filename } } }' },
    );
    expect(read).toEqual(['refused', 'refused', 'refused']);
    // Three elements, a frame without an origin twice, two beacons, and an event source.
    await expect.poll(() => statusesSince(logged).length).toBeGreaterThanOrEqual(8);
    expect(new Set(statusesSince(logged))).toEqual(new Set(['/graphql 403', '/files 403']));
    expect(await everything()).toEqual(before);
  });

  it('may lead to GraphiQL by a link', async () => {
    const page = await open();
    await page.evaluate((href) => {
      const link = Object.assign(document.createElement('a'), { href, textContent: 'there' });
      document.body.append(link);
      link.click();
    }, `${service.url}/graphql`);
    await page.waitForSelector('.graphiql-container');
  });
});

describe('a name that is made to resolve to this server (DNS rebinding)', () => {
  it('is 403 on every route, for its pages too', async () => {
    const port = new URL(service.url).port;
    const context = await (await launchChromium()).newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const rebound = `http://evil.example:${port}`;
    expect((await page.goto(`${rebound}/graphql`))?.status()).toBe(403);
    const { url } = await newUploadUrl(service);
    const upload = new URL(url).pathname;
    const before = await everything();
    const json = { 'content-type': 'application/json' };
    const answers = await fetches(page, [
      ['/'],
      ['/health'],
      ['/ready'],
      ['/graphql', { method: 'POST', headers: json, body: JSON.stringify({ query: mutation }) }],
      [`/graphql?query=${encodeURIComponent('{ files { nodes { filename } } }')}`],
      ['/files', { method: 'POST', body: 'x' }],
      [`/files/${secret.id}`],
      [upload],
      [upload, { method: 'PUT', body: 'x' }],
      ['/nowhere'],
    ]);
    for (const answer of answers) {
      expect(answer).toMatch(/^403 .*FORBIDDEN/s);
      expect(answer).not.toContain(marker);
    }
    expect(await everything()).toEqual(before);
  });
});
