/** The page of the chat with Gridhold apart, on bad days: whatever fails, there are words, and no half of a message. */

import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { seriousFindings } from '../support/axe.ts';
import { loadedWidth, openPerson, type Person, type Picked } from '../support/chat-person.ts';
import { holdersIn, type RemoteChat, startChat } from '../support/chat-urql.ts';
import { launchChromium } from '../support/chromium.ts';
import { eventually } from '../support/eventually.ts';
import { stockOf } from '../support/requests.ts';
import { startService } from '../support/service.ts';

const photoPath = resolve(import.meta.dirname, '../fixtures/photo.jpg');
const photo = readFileSync(photoPath);
/** Still a photograph: what comes behind its end does not count. */
const largePhoto: Picked = {
  name: 'photo.jpg',
  mimeType: 'image/jpeg',
  buffer: Buffer.concat([photo, Buffer.alloc(1_000_000 - photo.byteLength)]),
};
const folder = mkdtempSync(join(tmpdir(), 'gridhold-photos-'));
afterAll(() => rmSync(folder, { recursive: true }));
/** A file, which the browser reads by itself: to hand it 40 MB takes longer than a busy machine is given. */
const hugePath = join(folder, 'photo.jpg');
writeFileSync(hugePath, photo);
truncateSync(hugePath, 40_000_000);

async function visit(chat: RemoteChat): Promise<Person> {
  return await openPerson(await launchChromium(), chat.example.url);
}

const nothing = { files: 0, attachments: 0, 'blobs.files': 0, 'blobs.chunks': 0, leases: 0 };

describe('Sending a picture', () => {
  it('shows how far it is, and can be ended: nothing is left of it', async () => {
    const chat = await startChat();
    const ann = await visit(chat);
    await ann.limitUpload(50_000);
    const progress = await ann.watchProgress();
    await ann.pick(largePhoto);
    await eventually(async () => (await progress()).length).toBeGreaterThan(4);
    const values = await progress();
    expect(values).toEqual([...values].sort((a, b) => a - b));
    await ann.page.getByRole('button', { name: 'Cancel' }).click();
    await ann.page.getByRole('progressbar').waitFor({ state: 'detached' });
    await eventually(() => stockOf(chat.store)).toEqual(nothing);
    expect(await chat.messages()).toEqual([]);
    // The next one goes through.
    await ann.limitUpload(null);
    await ann.pick(photoPath);
    expect(await loadedWidth(ann.image(ann.name))).toBe(800);
  });

  it('that is none, or too large, says what may be sent', async () => {
    const chat = await startChat();
    const ann = await visit(chat);
    await ann.pick({
      name: 'picture.png',
      mimeType: 'image/png',
      buffer: readFileSync(resolve(import.meta.dirname, '../fixtures/page.pdf')),
    });
    const alert = ann.page.getByRole('alert');
    await alert
      .getByText('This file is of the type application/pdf. Only images can be sent here.')
      .waitFor();
    await ann.page.getByRole('button', { name: 'Discard' }).click();
    await ann.pick(hugePath);
    await alert.getByText('This file is too large. It may have up to 10 MB.').waitFor();
    expect(await seriousFindings(ann.page)).toEqual([]);
    await ann.page.getByRole('button', { name: 'Discard' }).click();
    await alert.waitFor({ state: 'detached' });
    expect(await stockOf(chat.store)).toMatchObject({ files: 0, attachments: 0 });
    expect(await chat.messages()).toEqual([]);
  });

  it('while Gridhold dies says so, leaves nothing half-done, and can be repeated', async () => {
    const gridhold = await startService({ GRIDHOLD_SWEEP_INTERVAL: 'off' });
    const chat = await startChat({ gridhold });
    const ann = await visit(chat);
    await ann.limitUpload(50_000);
    await ann.pick(largePhoto);
    await eventually(() => chat.store.collection('leases').countDocuments()).toBe(1);
    await gridhold.stop('SIGKILL');
    await ann.limitUpload(null);
    await ann.page.getByRole('alert').getByText('Storage can’t be reached just now').waitFor();
    expect(await chat.messages()).toEqual([]);
    expect(await stockOf(chat.store)).toMatchObject({ files: 0, attachments: 0, 'blobs.files': 0 });
    // Texts need no Gridhold.
    await ann.say('Is anybody there?');
    await ann.message('Is anybody there?').waitFor();

    await startService({
      GRIDHOLD_SWEEP_INTERVAL: 'off',
      GRIDHOLD_DATABASE: gridhold.database,
      PORT: new URL(gridhold.url).port,
    });
    await ann.page.getByRole('button', { name: 'Try again' }).click();
    expect(await loadedWidth(ann.image(ann.name))).toBe(800);
    expect(await holdersIn(chat)).toHaveLength(1);
    expect(await chat.messages()).toHaveLength(2);
  });
});

describe('The page', () => {
  it('says that the server is gone, keeps what it shows, and goes on when it is back', async () => {
    const chat = await startChat();
    const ann = await visit(chat);
    await ann.say('Before');
    await ann.message('Before').waitFor();
    await chat.example.stop('SIGKILL');
    const alert = ann.page.getByRole('alert');
    await alert.getByText('The server can’t be reached.').waitFor();
    await ann.pick(photoPath);
    await ann.page
      .getByRole('region', { name: 'Picture' })
      .getByText('The server can’t be reached.')
      .waitFor();
    expect(await ann.message('Before').isVisible()).toBe(true);

    await startChat({
      gridhold: chat.gridhold,
      environment: {
        PORT: new URL(chat.api).port,
        PAGE_PORT: new URL(chat.example.url).port,
        EXAMPLE_DATABASE: chat.example.database,
      },
    });
    await ann.page.getByRole('button', { name: 'Try again' }).click();
    expect(await loadedWidth(ann.image(ann.name))).toBe(800);
    await alert.waitFor({ state: 'detached' });
  });

  it('says so where an image was deleted under its message', async () => {
    const chat = await startChat();
    await chat.sendImage(photo, 'image/jpeg', 'Bob');
    const [{ image } = { image: null }] = await chat.messages();
    await chat.gridhold.graphql('mutation ($id: ID!) { deleteFile(id: $id, force: true) { deleted } }', {
      id: image?.storageId,
    });
    const ann = await visit(chat);
    await ann.message('This image can’t be shown').waitFor();
  });

  it('shows names and texts as they are, and can be used by everybody', async () => {
    const chat = await startChat();
    const text = '<img src=x onerror="document.title=\'broken in\'">';
    await chat.graphql(
      'mutation ($body: String!, $author: String!) { sendMessage(body: $body, author: $author) { id } }',
      { body: text, author: '<b>Eve</b>' },
    );
    await chat.sendImage(photo, 'image/jpeg', '<b>Eve</b>');
    for (const colorScheme of ['light', 'dark'] as const) {
      const ann = await openPerson(await launchChromium(), chat.example.url, { colorScheme });
      await ann.message(text).getByText('<b>Eve</b>').waitFor();
      expect(await loadedWidth(ann.image('<b>Eve</b>'))).toBe(800);
      expect(await ann.page.title()).toBe('Chat');
      expect(await seriousFindings(ann.page)).toEqual([]);
    }
  });

  it('shows messages also where each answer takes longer than the pause between two questions', async () => {
    const chat = await startChat();
    await chat.graphql('mutation { sendMessage(body: "It took a while", author: "Bob") { id } }');
    const ann = await visit(chat);
    await ann.page.route('**/graphql?*', async (route) => {
      await pause(1_500);
      await route.continue();
    });
    await ann.page.reload();
    await ann.message('It took a while').waitFor();
    await chat.graphql('mutation { sendMessage(body: "And this as well", author: "Bob") { id } }');
    await ann.message('And this as well').waitFor();
  });

  it('is not blank where it can’t learn of the server', async () => {
    const chat = await startChat();
    const page = await (await launchChromium()).newPage();
    await page.route('**/config.json', (route) => route.abort());
    await page.goto(chat.example.url);
    await page.getByRole('alert').getByText('The chat can’t be reached').waitFor();
  });
});
