/** The pages of the examples in use, in light and dark, on a phone, and when something goes wrong. */
import { resolve } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterAll, describe, inject, it } from 'vitest';
import { loadedWidth, openPerson, type Person } from '../support/chat-person.ts';
import { launchChromium } from '../support/chromium.ts';
import { startExample } from '../support/example.ts';
import { repository } from '../support/service.ts';
import { dark, desktop, phone, takePicture } from './camera.ts';

const photo = resolve(repository, 'test/fixtures/photo.jpg');
const noImage = { name: 'holiday.png', mimeType: 'image/png', buffer: Buffer.from('%PDF-1.7 no image') };

const mongo = new MongoClient(inject('mongodbUri'));
afterAll(() => mongo.close());

/** Two people talk about a picture. */
async function talk(ann: Person, bob: Person): Promise<void> {
  await ann.say('Have you been up at the lake?');
  await bob.message('at the lake?').waitFor();
  await bob.say('This morning, before anybody was awake');
  await ann.message('before anybody').waitFor();
  await bob.pick(photo);
  await loadedWidth(ann.image(bob.name));
  await ann.say('Oh, that is a keeper 😍');
  await bob.message('keeper').waitFor();
}

describe.each([
  { name: 'chat-apollo', mode: desktop, other: dark },
  { name: 'chat-urql', mode: dark, other: desktop },
])('$name', ({ name, mode, other }) => {
  it('in use, empty, sending, refused, gone, offline, on a phone', async () => {
    const [example, browser] = await Promise.all([startExample(name, environmentOf(name)), launchChromium()]);
    const ann = await openPerson(browser, example.url, mode);
    const bob = await openPerson(browser, example.url, other);
    await ann.page.getByText('Nobody has said anything yet').waitFor();
    await takePicture(ann.page, `${name}-empty`);
    await talk(ann, bob);
    await takePicture(ann.page, name);
    await takePicture(bob.page, `${name}-in-the-other-colours`);

    await ann.limitUpload(20_000);
    await ann.pick(photo);
    await ann.page.locator('progress').waitFor();
    await ann.page.waitForFunction(() => (document.querySelector('progress')?.position ?? 0) > 0.3);
    await takePicture(ann.page, `${name}-sending`);
    await ann.page.getByRole('button', { name: 'Cancel' }).click();
    await ann.limitUpload(null);
    await ann.pick(noImage);
    await ann.page.getByRole('alert').first().waitFor();
    await takePicture(ann.page, `${name}-refused`);

    const cat = await openPerson(browser, example.url, phone);
    await loadedWidth(cat.image(bob.name));
    await takePicture(cat.page, `${name}-phone`);
    await example.stop('SIGKILL');
    await cat.page.getByRole('alert').first().waitFor();
    await takePicture(cat.page, `${name}-offline`);
  });
});

it('generate-and-store: drawn, printed, failed, on a phone', async () => {
  const [example, browser] = await Promise.all([startExample('generate-and-store'), launchChromium()]);
  const context = await browser.newContext({ ...desktop, viewport: { width: 1000, height: 900 } });
  const page = await context.newPage();
  await page.goto(example.url);
  await takePicture(page, 'generate-and-store-empty');
  const draw = async (prompt: string): Promise<void> => {
    await page.getByRole('textbox').fill(prompt);
    await page.getByRole('button', { name: 'Draw it' }).click();
  };
  for (const prompt of ['Evening in the mountains', 'Winter night over the hills', 'Spring morning']) {
    await draw(prompt);
    await page.getByRole('img', { name: prompt }).waitFor();
  }
  await page.getByRole('button', { name: 'Print' }).first().click();
  await page.getByText('Printed as').waitFor();
  await takePicture(page, 'generate-and-store');
  await draw('busy');
  await page.getByText(/is busy/).waitFor();
  await draw('slow');
  await page.getByText('Being drawn').waitFor();
  await takePicture(page, 'generate-and-store-failed');
  const small = await (await browser.newContext({ ...phone, colorScheme: 'dark' })).newPage();
  await small.goto(example.url);
  await small.getByRole('img', { name: 'Spring morning' }).waitFor();
  await takePicture(small, 'generate-and-store-phone');
});

function environmentOf(name: string): Record<string, string> {
  return name === 'chat-urql' ? { PAGE_PORT: '0', GRIDHOLD_PORT: '0' } : {};
}
