/** The chat with Gridhold apart, as a person uses it: type, pick, watch the progress, see it elsewhere, delete. */

import { resolve } from 'node:path';
import { expect, inject, it } from 'vitest';
import { loadedWidth, openPerson } from './support/chat-person.ts';
import { holdersIn, startChat } from './support/chat-urql.ts';
import { launchChromium } from './support/chromium.ts';
import { eventually } from './support/eventually.ts';
import { stockOf } from './support/requests.ts';
import { runCommand } from './support/run-command.ts';

const photo = resolve(import.meta.dirname, 'fixtures/photo.jpg');

it('A picture goes in one request with progress, is seen in a second tab, deleted, and its bytes are collected', async () => {
  const [chat, browser] = await Promise.all([startChat(), launchChromium()]);
  const sweep = async (): Promise<void> => {
    const { code, stderr } = await runCommand(['sweep', '--unreferenced-for', '0s', '--chunk-delay', '0s'], {
      MONGODB_URI: inject('mongodbUri'),
      GRIDHOLD_DATABASE: chat.gridhold.database,
    });
    expect(code, stderr).toBe(0);
  };
  const ann = await openPerson(browser, chat.example.url);
  const bob = await openPerson(browser, chat.example.url);
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
  const [, { id } = { id: '' }] = await chat.messages();
  expect(await holdersIn(chat)).toEqual([id]);
  // The first sweep that sees an attachment begins the collecting, and leaves what is held.
  await sweep();
  expect(await stockOf(chat.store)).toMatchObject({ files: 1, 'blobs.files': 1 });

  await ann.remove(ann.page.getByRole('listitem').filter({ has: ann.image(ann.name) }));
  await bob.image(ann.name).waitFor({ state: 'detached' });
  await eventually(() => holdersIn(chat)).toEqual([]);
  await sweep();
  const empty = { files: 0, attachments: 0, 'blobs.files': 0, 'blobs.chunks': 0, leases: 0 };
  expect(await stockOf(chat.store)).toEqual(empty);
  await bob.message('Look what I saw this morning').waitFor();
  expect(await chat.example.stop()).toBe(0);
});
