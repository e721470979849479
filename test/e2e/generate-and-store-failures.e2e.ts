/** A third party that misbehaves: words for the user, and nothing left of what it sent. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seriousFindings } from '../support/axe.ts';
import { loadedWidth } from '../support/chat-person.ts';
import { launchChromium } from '../support/chromium.ts';
import type { Example } from '../support/example.ts';
import {
  ask,
  dbOf,
  generate,
  leftIn,
  newPicture,
  print,
  startPictures,
} from '../support/generate-and-store.ts';
import { sha256Of } from '../support/requests.ts';

const nothing = { files: 0, attachments: 0, 'blobs.files': 0, 'blobs.chunks': 0, leases: 0, pictures: 0 };

const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close().closeAllConnections();
});

describe('A third party that', () => {
  let example: Example;
  beforeAll(async () => {
    example = await startPictures({ THIRD_PARTY_TIME_LIMIT_MS: '8000' });
  });

  it.each([
    ['fails', 'fail', 'The image service failed with status 500.'],
    ['is busy', 'busy', 'The image service is busy. Try again in 30 seconds.'],
    ['sends a page', 'text', 'The image service sent text/html, which is no image.'],
    ['never comes to an end', 'slow', 'The image service took longer than 8 seconds.'],
    ['breaks off', 'break', 'The image service broke off in the middle of the image.'],
  ])('%s is told of in words, and leaves nothing', async (_, prompt, words) => {
    const page = await (await launchChromium()).newPage();
    await page.goto(example.url);
    await page.getByRole('textbox').fill(prompt);
    await page.getByRole('button', { name: 'Draw it' }).click();
    await page.getByRole('alert').getByText(words).waitFor();
    expect(await leftIn(example)).toEqual(nothing);
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Discard' }).click();
    await page.getByText('No pictures yet').waitFor();
  });

  it('is not there is told of in words', async () => {
    const lonely = await startPictures({ THIRD_PARTY_URL: 'http://127.0.0.1:1' });
    const { errors } = await ask(lonely, generate, { prompt: 'A lake' });
    expect(errors).toMatchObject([
      {
        message: 'The image service can’t be reached.',
        extensions: { code: 'THIRD_PARTY_FAILED', status: null },
      },
    ]);
    expect(await leftIn(lonely)).toEqual(nothing);
  });

  it('fails at a print leaves the picture as it was, and can be asked again', async () => {
    const page = await (await launchChromium()).newPage();
    await page.goto(example.url);
    await page.getByRole('textbox').fill('jam');
    await page.keyboard.press('Enter');
    expect(await loadedWidth(page.getByAltText('jam'))).toBe(512);
    for (let attempt = 0; attempt < 2; attempt++) {
      await page.getByRole('button', { name: 'Print' }).click();
      await page.getByRole('button', { name: 'Print jam', disabled: false }).waitFor();
      await page.getByRole('alert').getByText('The image service failed with status 503.').waitFor();
    }
    expect(await dbOf(example).collection('pictures').findOne({ prompt: 'jam' })).toMatchObject({
      receipt: null,
    });
    await page.getByRole('button', { name: 'Delete jam' }).click();
    await page.getByText('No pictures yet').waitFor();
    expect(await leftIn(example)).toMatchObject({ pictures: 0, attachments: 0 });
  });

  it('gets a picture whole, with its length and type, and is not believed a wrong receipt', async () => {
    const prints: { readonly headers: IncomingMessage['headers']; readonly bytes: Buffer }[] = [];
    let receipt = (bytes: Buffer): unknown => ({
      number: 'N-1',
      bytes: bytes.length,
      sha256: sha256Of(bytes),
    });
    const url = await startServer(async (request) => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(Buffer.from(piece));
      const bytes = Buffer.concat(pieces);
      if (request.method === 'POST') return { type: 'image/gif', body: tinyGif };
      prints.push({ headers: request.headers, bytes });
      return { type: 'application/json', body: JSON.stringify(receipt(bytes)) };
    });
    const trusting = await startPictures({ THIRD_PARTY_URL: url });
    const id = await newPicture(trusting, 'One pixel');
    expect(await ask(trusting, print, { id })).toMatchObject({
      data: { sendToPrinter: { number: 'N-1', bytes: tinyGif.length, sha256: sha256Of(tinyGif) } },
    });
    expect(prints).toMatchObject([
      { headers: { 'content-length': String(tinyGif.length), 'content-type': 'image/gif' }, bytes: tinyGif },
    ]);

    receipt = () => ({ number: 'N-2', bytes: 3, sha256: sha256Of('abc') });
    const other = await ask(trusting, print, { id });
    expect(other.errors?.[0]?.message).toBe('The print service received other bytes than were sent.');
    receipt = () => 'thanks';
    const none = await ask(trusting, print, { id });
    expect(none.errors?.[0]?.extensions).toMatchObject({ code: 'THIRD_PARTY_FAILED' });
    const kept = await dbOf(trusting).collection('pictures').findOne();
    expect(kept).toMatchObject({ receipt: { number: 'N-1' } });
  });
});

/** The smallest GIF there is: one transparent pixel. */
const tinyGif = Buffer.from('R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==', 'base64');

async function startServer(
  handle: (request: IncomingMessage) => Promise<{ readonly type: string; readonly body: Buffer | string }>,
): Promise<string> {
  const server = createServer(async (request, response) => {
    const { type, body } = await handle(request);
    response.writeHead(200, { 'content-type': type }).end(body);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
}
