/** The chat with Gridhold inside, as a person uses it: type, pick, watch the progress, see it elsewhere, delete. */
import { resolve } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterAll, expect, inject, it } from 'vitest';
import { loadedWidth, openPerson } from './support/chat-person.ts';
import { launchChromium } from './support/chromium.ts';
import { eventually } from './support/eventually.ts';
import { startExample } from './support/example.ts';
import { runCommand } from './support/run-command.ts';

const photo = resolve(import.meta.dirname, 'fixtures/photo.jpg');
const mongo = new MongoClient(inject('mongodbUri'));
afterAll(() => mongo.close());

it('A picture is sent with progress, seen in a second tab, deleted, and its bytes are collected', async () => {
  const [example, browser] = await Promise.all([startExample('chat-apollo'), launchChromium()]);
  const db = mongo.db(example.database);
  const stored = async (): Promise<readonly number[]> =>
    await Promise.all(
      ['files', 'attachments', 'blobs.files', 'blobs.chunks'].map((name) =>
        db.collection(name).countDocuments(),
      ),
    );
  const sweep = async (): Promise<void> => {
    const { code, stderr } = await runCommand(['sweep', '--unreferenced-for', '0s', '--chunk-delay', '0s'], {
      MONGODB_URI: inject('mongodbUri'),
      GRIDHOLD_DATABASE: example.database,
    });
    expect(code, stderr).toBe(0);
  };
  const ann = await openPerson(browser, example.url);
  const bob = await openPerson(browser, example.url);
  await ann.page.getByText('Nobody has said anything yet').waitFor();

  await ann.say('Look what I saw this morning');
  await bob.message('Look what I saw this morning').filter({ hasText: ann.name }).waitFor();

  // Slow enough for eyes, until they have seen it go on.
  await ann.limitUpload(10_000);
  const progress = await ann.watchProgress();
  await ann.pick(photo);
  await eventually(async () => (await progress()).length).toBeGreaterThan(1);
  await ann.limitUpload(null);
  expect(await loadedWidth(ann.image(ann.name))).toBe(800);
  expect(await loadedWidth(bob.image(ann.name))).toBe(800);
  // The first sweep that sees an attachment begins the collecting, and leaves what is held.
  await sweep();
  expect(await stored()).toEqual([1, 1, 1, 1]);

  await ann.remove(ann.page.getByRole('listitem').filter({ has: ann.image(ann.name) }));
  await bob.image(ann.name).waitFor({ state: 'detached' });
  expect(await stored()).toEqual([1, 0, 1, 1]);
  await sweep();
  expect(await stored()).toEqual([0, 0, 0, 0]);
  await bob.message('Look what I saw this morning').waitFor();
  expect(await example.stop()).toBe(0);
});
