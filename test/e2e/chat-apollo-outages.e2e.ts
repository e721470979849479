/** The page of chat-apollo while its server dies and comes back: words meanwhile, nothing lost, nothing sent twice. */
import { readFileSync } from 'node:fs';
import { type Db, MongoClient } from 'mongodb';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, inject, it } from 'vitest';
import { loadedWidth, openPerson, type Person } from '../support/chat-person.ts';
import { launchChromium } from '../support/chromium.ts';
import { type Example, startExample } from '../support/example.ts';
import { brokenInvariants } from '../support/invariants.ts';

const picture = readFileSync(new URL('../fixtures/picture.png', import.meta.url));
const mongo = new MongoClient(inject('mongodbUri'));

let browser: Browser;
let example: Example;
let db: Db;
let ann: Person;
beforeAll(async () => {
  [example, browser] = await Promise.all([startExample('chat-apollo'), launchChromium()]);
  db = mongo.db(example.database);
});
beforeEach(async () => {
  ann = await openPerson(browser, example.url);
});
afterAll(() => mongo.close());

/** The same chat, at the same address. */
async function startAgain(): Promise<void> {
  example = await startExample('chat-apollo', {
    PORT: new URL(example.url).port,
    EXAMPLE_DATABASE: example.database,
  });
}
const unreachable = (person: Person) =>
  person.page.getByRole('alert').filter({ hasText: 'The server can’t be reached' });
const tray = () => ann.page.getByRole('region', { name: 'Picture' });
const imagesOf = (author: string) =>
  db
    .collection('messages')
    .find({ author, imageId: { $exists: true } })
    .toArray();
const png = (name: string, size: number) => ({
  name,
  mimeType: 'image/png',
  buffer: Buffer.concat([picture, Buffer.alloc(size - picture.byteLength, name)]),
});

/** One message, one hold, and the image in the page. */
async function expectSentOnce(): Promise<void> {
  expect(await loadedWidth(ann.image(ann.name))).toBeGreaterThan(0);
  const messages = await imagesOf(ann.name);
  expect(messages.length).toBe(1);
  expect(
    await db.collection('attachments').find({ fileId: messages[0]?.['imageId'] }).toArray(),
  ).toMatchObject([{ collection: 'messages', documentId: messages[0]?._id }]);
  expect(await ann.image(ann.name).count()).toBe(1);
}

it('A page whose server is away says so, keeps what is there and what is written, and recovers by itself', async () => {
  await ann.say('Before the outage');
  await ann.message('Before the outage').waitFor();
  await example.stop('SIGKILL');
  await unreachable(ann).first().waitFor();
  expect(await ann.message('Before the outage').isVisible()).toBe(true);

  await ann.say('Written during the outage');
  await unreachable(ann).first().waitFor();
  expect(await ann.page.getByRole('textbox', { name: 'Message' }).inputValue()).toBe(
    'Written during the outage',
  );
  expect(await ann.message('Written during the outage').count()).toBe(0);

  await startAgain();
  await ann.page.getByRole('textbox', { name: 'Message' }).press('Enter');
  await ann.message('Written during the outage').waitFor();
  await unreachable(ann).waitFor({ state: 'detached' });
  expect(await db.collection('messages').countDocuments({ body: 'Written during the outage' })).toBe(1);
});

it('A page that is opened just before its server dies shows words, and the messages once it is back', async () => {
  await ann.page.route('**/graphql', (route) => route.abort('connectionrefused'));
  await ann.page.reload();
  await unreachable(ann).waitFor();
  await ann.page.unroute('**/graphql');
  await ann.message('Before the outage').waitFor();
  await unreachable(ann).waitFor({ state: 'detached' });
});

it('A notice can be dismissed, and the same problem is told again when it comes again', async () => {
  const outage = async (): Promise<void> => {
    await ann.page.route('**/graphql', (route) => route.abort('connectionrefused'));
    await unreachable(ann).waitFor();
    await unreachable(ann).getByRole('button', { name: 'Dismiss' }).click();
    await unreachable(ann).waitFor({ state: 'detached' });
  };
  await outage();
  await ann.page.unroute('**/graphql');
  await ann.say('Between two outages');
  await ann.message('Between two outages').waitFor();
  await outage();
});

it('A picture that was picked while the server is away is sent when it is back', async () => {
  await example.stop('SIGKILL');
  await ann.pick(png('away.png', 40_000));
  await tray().getByRole('alert').filter({ hasText: 'can’t be reached' }).waitFor();
  await startAgain();
  await tray().getByRole('button', { name: 'Try again' }).click();
  await expectSentOnce();
});

it('A server that dies in the middle of an upload and comes back gets the picture once', async () => {
  await ann.limitUpload(100_000);
  await ann.pick(png('middle.png', 1_200_000));
  await tray()
    .getByText(/Sending… [2-9]\d %/)
    .waitFor();
  await example.stop('SIGKILL');
  expect(await imagesOf(ann.name)).toEqual([]);
  await ann.limitUpload(null);
  await startAgain();
  // The upload is repeated by itself; where it gave up meanwhile, by hand.
  const again = tray().getByRole('button', { name: 'Try again' });
  await again.or(ann.image(ann.name)).first().waitFor();
  if (await again.isVisible()) await again.click();
  await ann.image(ann.name).waitFor();
  await expectSentOnce();
});

it('A server that dies between the upload and the message leaves neither; tried again, the upload is not repeated', async () => {
  const uploads: string[] = [];
  ann.page.on('request', (request) => {
    if (request.url().includes('/files-api/upload/')) uploads.push(request.method());
  });
  let hasDied = false;
  await ann.page.route('**/graphql', async (route) => {
    if (!hasDied && route.request().postData()?.includes('sendImage')) {
      hasDied = true;
      await example.stop('SIGKILL');
    }
    await route.continue();
  });
  await ann.pick(png('between.png', 50_000));
  await tray().getByRole('alert').filter({ hasText: 'can’t be reached' }).waitFor();
  expect(hasDied).toBe(true);
  expect(await imagesOf(ann.name)).toEqual([]);
  await startAgain();
  await tray().getByRole('button', { name: 'Try again' }).click();
  await ann.image(ann.name).waitFor();
  await expectSentOnce();
  expect(uploads).toEqual(['POST']);
  expect(await brokenInvariants(db)).toEqual([]);
});

it('A server that dies after the message was made, and before it said so, has made one; tried again, it is the same', async () => {
  let hasDied = false;
  await ann.page.route('**/graphql', async (route) => {
    if (hasDied || !route.request().postData()?.includes('sendImage')) return await route.continue();
    hasDied = true;
    await route.fetch();
    await example.stop('SIGKILL');
    await route.abort('connectionreset');
  });
  await ann.pick(png('answer-lost.png', 50_000));
  await tray().getByRole('alert').filter({ hasText: 'can’t be reached' }).waitFor();
  expect((await imagesOf(ann.name)).length).toBe(1);
  await startAgain();
  await tray().getByRole('button', { name: 'Try again' }).click();
  await tray().waitFor({ state: 'detached' });
  await ann.image(ann.name).waitFor();
  await expectSentOnce();
});
