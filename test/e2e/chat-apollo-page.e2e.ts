/** The page of chat-apollo on its good days and on those of bad files: progress, cancelling, words, looks for everybody. */
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Db, MongoClient } from 'mongodb';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, it, onTestFinished } from 'vitest';
import { createGridhold } from '../../src/gridhold.ts';
import { seriousFindings } from '../support/axe.ts';
import { chatCalls, newPng } from '../support/chat-apollo-calls.ts';
import { loadedWidth, openPerson, type Person } from '../support/chat-person.ts';
import { launchChromium } from '../support/chromium.ts';
import { eventually } from '../support/eventually.ts';
import { type Example, startExample } from '../support/example.ts';

const fixtures = resolve(import.meta.dirname, '../fixtures');
const picture = readFileSync(resolve(fixtures, 'picture.png'));
const mongo = new MongoClient(inject('mongodbUri'));

let browser: Browser;
let example: Example;
let db: Db;
beforeAll(async () => {
  [example, browser] = await Promise.all([startExample('chat-apollo'), launchChromium()]);
  db = mongo.db(example.database);
});
afterAll(() => mongo.close());

const count = (collection: string) => db.collection(collection).countDocuments();
const png = (name: string, size: number) => ({
  name,
  mimeType: 'image/png',
  buffer: Buffer.concat([picture, Buffer.alloc(size - picture.byteLength, name)]),
});
/** Bytes per second: what is picked here is under way for longer than a test, until it is cancelled or the limit is lifted. */
const slowLine = 20_000;
const trayOf = (person: Person) => person.page.getByRole('region', { name: 'Picture' });
const say = (body: string, author: string) =>
  chatCalls(example.url).ask(
    'mutation ($b: String!, $a: String!) { sendMessage(body: $b, author: $a) { id } }',
    { b: body, a: author },
  );

it('A large image over a slow line shows how far it is, step by step', async () => {
  const ann = await openPerson(browser, example.url);
  // So slow that all can be looked at while it is sent, and as fast as it goes once it was.
  await ann.limitUpload(slowLine);
  const progress = await ann.watchProgress();
  await ann.pick(png('large.png', 1_500_000));
  await trayOf(ann)
    .getByText(/Sending… [1-9]\d? %/)
    .waitFor();
  expect(await trayOf(ann).getByRole('button', { name: 'Cancel' }).isVisible()).toBe(true);
  await eventually(async () => (await progress()).length).toBeGreaterThanOrEqual(4);
  await ann.limitUpload(null);
  expect(await loadedWidth(ann.image(ann.name))).toBeGreaterThan(0);
  await trayOf(ann).waitFor({ state: 'detached' });
  const seen = await progress();
  expect(seen).toEqual([...seen].sort((one, other) => one - other));
});

it('A text can be sent while an image is on its way', async () => {
  const ann = await openPerson(browser, example.url);
  await ann.limitUpload(slowLine);
  await ann.pick(png('on-its-way.png', 1_000_000));
  await trayOf(ann).waitFor();
  await ann.say('It takes a while here');
  await ann.message('It takes a while here').waitFor();
  expect(await trayOf(ann).isVisible()).toBe(true);
  await trayOf(ann).getByRole('button', { name: 'Cancel' }).click();
});

it('An upload that is cancelled leaves nothing, and the next one works', async () => {
  const ann = await openPerson(browser, example.url);
  const before = { files: await count('files'), messages: await count('messages') };
  await ann.limitUpload(slowLine);
  await ann.pick(png('cancelled.png', 2_000_000));
  await trayOf(ann)
    .getByText(/Sending… [1-9]\d? %/)
    .waitFor();
  await trayOf(ann).getByRole('button', { name: 'Cancel' }).click();
  await trayOf(ann).waitFor({ state: 'detached' });
  await expect
    .poll(() => db.collection('leases').countDocuments({ why: 'writing' }), { timeout: 30_000 })
    .toBe(0);
  expect({ files: await count('files'), messages: await count('messages') }).toEqual(before);
  await ann.limitUpload(null);
  await ann.pick(png('sent.png', 20_000));
  await ann.image(ann.name).waitFor();
});

it('Once a picture is stored it can no longer be cancelled: it becomes a message', async () => {
  const ann = await openPerson(browser, example.url);
  let goOn: () => void = () => undefined;
  const isLetOn = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  await ann.page.route('**/graphql', async (route) => {
    if (route.request().postData()?.includes('sendImage')) await isLetOn;
    await route.continue();
  });
  const asked = ann.page.waitForRequest((request) => request.postData()?.includes('sendImage') ?? false);
  await ann.pick(png('too-late.png', 20_000));
  await asked;
  await trayOf(ann).getByText('Almost there…').waitFor();
  expect(await trayOf(ann).getByRole('button').count()).toBe(0);
  goOn();
  await ann.image(ann.name).waitFor();
  await trayOf(ann).waitFor({ state: 'detached' });
});

it('Messages are shown also where each answer takes longer than the pause between two questions', async () => {
  const ann = await openPerson(browser, example.url);
  await say('It took a while', 'User 6');
  await ann.page.route('**/graphql', async (route) => {
    await pause(1_500);
    await route.continue();
  });
  await ann.page.reload();
  await ann.message('It took a while').waitFor();
  await say('And this as well', 'User 6');
  await ann.message('And this as well').waitFor();
});

it('A PDF that is called an image is refused in words that name its type, and can be discarded', async () => {
  const ann = await openPerson(browser, example.url);
  const buffer = readFileSync(resolve(fixtures, 'page.pdf'));
  await ann.pick({ name: 'holiday.png', mimeType: 'image/png', buffer });
  const words = trayOf(ann).getByRole('alert');
  await words
    .filter({ hasText: 'application/pdf' })
    .filter({ hasText: 'Only images can be sent here' })
    .waitFor();
  // It would be refused again.
  expect(await trayOf(ann).getByRole('button', { name: 'Try again' }).count()).toBe(0);
  await trayOf(ann).getByRole('button', { name: 'Discard' }).click();
  await trayOf(ann).waitFor({ state: 'detached' });
});

it('An image over the limit is refused in words that name the limit', async () => {
  const ann = await openPerson(browser, example.url);
  // A file, which the browser reads by itself: to hand it so many bytes takes a busy machine long.
  const folder = mkdtempSync(join(tmpdir(), 'gridhold-pictures-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const huge = join(folder, 'huge.png');
  writeFileSync(huge, picture);
  truncateSync(huge, 10_000_001);
  await ann.pick(huge);
  await trayOf(ann).getByRole('alert').filter({ hasText: 'It may have up to 10 MB' }).waitFor();
  expect(await trayOf(ann).getByRole('button', { name: 'Try again' }).count()).toBe(0);
});

it('A message whose file was deleted says so in words', async () => {
  const [ann, bob] = [await openPerson(browser, example.url), await openPerson(browser, example.url)];
  await ann.pick(png('deleted.png', 30_000));
  // By both: her own page may hear of the deletion before it has heard that the message was made.
  for (const person of [ann, bob]) await person.image(ann.name).waitFor();
  await trayOf(ann).waitFor({ state: 'detached' });
  const message = await db.collection('messages').findOne({ author: ann.name });
  const gridhold = await createGridhold({
    client: mongo,
    database: example.database,
    sweepIntervalMs: 'off',
  });
  await gridhold.delete({ id: String(message?.['imageId']), force: true });
  for (const person of [ann, bob]) {
    await person.message('This image was deleted').first().waitFor();
    expect(await person.image(ann.name).count()).toBe(0);
  }
});

it('An image that no browser can show is told in words, never as a broken picture', async () => {
  const ann = await openPerson(browser, example.url);
  const calls = chatCalls(example.url);
  const header = picture.subarray(0, 40);
  await calls.sendImage(await calls.upload(newPng(header, 'broken off')), 'User 77');
  await ann.message('This image can’t be shown').waitFor();
  expect(await ann.image('User 77').count()).toBe(0);
});

it('HTML in a text or in a name is shown as it was written, and does nothing', async () => {
  const ann = await openPerson(browser, example.url);
  const body =
    '<img src=x onerror="window.done=1"><script>window.done=1</script> javascript:done=1 {{done=1}}';
  await say(body, '<b onclick="window.done=1">Eve</b>');
  const shown = ann.message(body);
  await shown.getByText('<b onclick="window.done=1">Eve</b>', { exact: true }).waitFor();
  expect(await shown.locator('img, script, b').count()).toBe(0);
  expect(await ann.page.evaluate('window.done')).toBeUndefined();
});

it('The newest message is in view, unless one has scrolled up to read', async () => {
  for (let index = 0; index < 30; index++) await say(`Line ${index}.`, `User ${index}`);
  const ann = await openPerson(browser, example.url, { viewport: { width: 400, height: 500 } });
  const isInView = (text: string): Promise<boolean> =>
    ann.message(text).evaluate((element) => {
      const { top, bottom } = element.getBoundingClientRect();
      const view = element.closest('[role=log]')?.getBoundingClientRect();
      return view !== undefined && top >= view.top && bottom <= view.bottom;
    });
  await expect.poll(() => isInView('Line 29.')).toBe(true);
  await say('The newest of all', 'User 1');
  await ann.message('The newest of all').waitFor();
  await expect.poll(() => isInView('The newest of all')).toBe(true);

  await ann.page.getByRole('log').hover();
  await ann.page.mouse.wheel(0, -600);
  const back = ann.page.getByRole('button', { name: 'Newest', exact: true });
  await back.waitFor();
  await say('Said while she reads', 'User 1');
  await ann.message('Said while she reads').waitFor();
  expect(await isInView('Said while she reads')).toBe(false);
  await back.click();
  await expect.poll(() => isInView('Said while she reads')).toBe(true);
});

it('A text of several lines keeps them, and Shift with Enter makes one', async () => {
  const ann = await openPerson(browser, example.url);
  const field = ann.page.getByRole('textbox', { name: 'Message' });
  await field.pressSequentially('first');
  await field.press('Shift+Enter');
  await field.pressSequentially('second');
  await field.press('Enter');
  await ann.message(/first\s*second/).waitFor();
  expect(await db.collection('messages').countDocuments({ body: 'first\nsecond' })).toBe(1);
});

it('Each button to delete says what it deletes, and what had the focus passes it on', async () => {
  const own = await startExample('chat-apollo');
  const ann = await openPerson(browser, own.url);
  const calls = chatCalls(own.url);
  const long = 'A text that goes on and on, much further than one would like to hear it read out each time';
  for (const text of ['First', long]) await ann.say(text).then(() => ann.message(text).waitFor());
  await calls.sendImage(await calls.upload(newPng(picture, 'named')), 'User 7');
  await ann.image('User 7').waitFor();
  const names = await ann.page
    .getByRole('listitem')
    .getByRole('button')
    .evaluateAll((buttons) => buttons.map((button) => button.getAttribute('aria-label') ?? ''));
  expect(names).toEqual([
    'Delete “First”',
    'Delete “A text that goes on and on, much further…”',
    expect.stringMatching(/^Delete the picture of User 7, \d.*:\d\d/),
  ]);

  const focused = () => ann.page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? 'none');
  const deleteFocused = async (name: string): Promise<void> => {
    await ann.page.getByRole('button', { name }).focus();
    await ann.page.keyboard.press('Enter');
    await ann.page.getByRole('button', { name }).waitFor({ state: 'detached' });
  };
  await deleteFocused('Delete “First”');
  await expect.poll(focused).toMatch(/^Delete “A text that/);
  await deleteFocused('Delete the picture');
  await expect.poll(focused).toBe('Message');

  // Who has gone elsewhere meanwhile stays there.
  await ann.message(long).hover();
  await ann.page.route('**/graphql', async (route) => {
    if (route.request().postData()?.includes('deleteMessage')) {
      await ann.page.getByRole('textbox', { name: 'Message' }).focus();
    }
    await route.continue();
  });
  await ann.remove(ann.message(long));
  await ann.message(long).waitFor({ state: 'detached' });
  expect(await focused()).toBe('Message');

  await ann.limitUpload(slowLine);
  await ann.pick(png('cancelled.png', 1_000_000));
  await trayOf(ann).getByRole('button', { name: 'Cancel' }).focus();
  await ann.page.keyboard.press('Enter');
  await trayOf(ann).waitFor({ state: 'detached' });
  await expect.poll(focused).toBe('Send a picture');
});

it.each(['light', 'dark'] as const)(
  'axe finds nothing serious in any state of the %s page',
  async (colorScheme) => {
    const empty = await startExample('chat-apollo');
    const ann = await openPerson(browser, empty.url, { colorScheme });
    await ann.page.getByText('Nobody has said anything yet').waitFor();
    expect(await seriousFindings(ann.page)).toEqual([]);

    const calls = chatCalls(empty.url);
    await ann.say('My own');
    await calls.sendImage(await calls.upload(newPng(picture, 'shown')), 'User 7');
    await calls.sendImage(await calls.upload(newPng(picture.subarray(0, 40), 'broken')), 'User 8');
    await ann.image('User 7').waitFor();
    await ann.message('This image can’t be shown').waitFor();
    await ann.message('My own').hover();
    expect(await seriousFindings(ann.page)).toEqual([]);

    await ann.limitUpload(slowLine);
    await ann.pick(png('slow.png', 1_000_000));
    await trayOf(ann)
      .getByText(/Sending…/)
      .waitFor();
    expect(await seriousFindings(ann.page)).toEqual([]);
    await trayOf(ann).getByRole('button', { name: 'Cancel' }).click();
    await ann.limitUpload(null);

    await ann.pick({
      name: 'a.png',
      mimeType: 'image/png',
      buffer: readFileSync(resolve(fixtures, 'page.pdf')),
    });
    await trayOf(ann).getByRole('alert').waitFor();
    await empty.stop('SIGKILL');
    await ann.page.getByText('The server can’t be reached').waitFor();
    expect(await seriousFindings(ann.page)).toEqual([]);
  },
);
