/** Pictures whose app dies, whose user leaves, or whose file is gone: words, and both of picture and file or neither. */
import type { Db } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { seriousFindings } from '../support/axe.ts';
import { loadedWidth } from '../support/chat-person.ts';
import { launchChromium } from '../support/chromium.ts';
import { eventually } from '../support/eventually.ts';
import type { Example } from '../support/example.ts';
import { ask, dbOf, generate, leftIn, newPicture, startPictures } from '../support/generate-and-store.ts';

describe('A picture', () => {
  let example: Example;
  beforeAll(async () => {
    example = await startPictures({ THIRD_PARTY_TIME_LIMIT_MS: '600000' });
  });

  it('needs a prompt of 1 to 200 characters', async () => {
    for (const prompt of ['', ' \n ', '🌊'.repeat(201)]) {
      const { errors } = await ask(example, generate, { prompt });
      expect(errors).toMatchObject([
        { message: expect.stringMatching(/\S \S/), extensions: { code: 'BAD_USER_INPUT' } },
      ]);
    }
    await newPicture(example, '🌊'.repeat(200));
  });

  it('that its user no longer waits for is given up, and leaves nothing', async () => {
    const before = await leftIn(example);
    const leaving = new AbortController();
    const asked = ask(example, generate, { prompt: 'slow' }, leaving.signal).catch(() => null);
    await eventually(() => dbOf(example).collection('leases').countDocuments()).toBe(1);
    leaving.abort();
    await asked;
    await eventually(() => leftIn(example)).toEqual(before);
  });

  it('whose file was deleted says so, and can’t be printed', async () => {
    const id = await newPicture(example, 'Soon gone');
    const page = await (await launchChromium()).newPage({ colorScheme: 'dark' });
    await page.goto(example.url);
    const card = page.getByRole('listitem').filter({ hasText: 'Soon gone' });
    expect(await loadedWidth(page.getByAltText('Soon gone'))).toBe(512);
    expect(await seriousFindings(page)).toEqual([]);
    const picture = await dbOf(example)
      .collection<{ _id: string; storageId: string }>('pictures')
      .findOne({ _id: id });
    // Past everybody, as a hand in the database would.
    await dbOf(example)
      .collection<{ _id: string }>('files')
      .deleteOne({ _id: picture?.storageId ?? '' });

    await card.getByRole('button', { name: 'Print' }).click();
    await card.getByRole('alert').getByText('That file is no longer there.').waitFor();
    await page.reload();
    await card.getByText('Its file was deleted').waitFor();
    expect(await card.getByRole('button', { name: 'Print' }).isDisabled()).toBe(true);
    await card.getByRole('button', { name: 'Delete Soon gone' }).click();
    await card.waitFor({ state: 'detached' });
  });

  it('of an app that is killed on the way is there with its file, or not at all', async () => {
    let running = await startPictures();
    const moments: ((db: Db) => Promise<boolean>)[] = [
      async (db) => (await db.collection('leases').countDocuments()) > 0,
      async (db) => (await db.collection('files').countDocuments({ refCount: 0 })) > 0,
      async (db) => (await db.collection('pictures').countDocuments()) > 0,
    ];
    for (const hasCome of moments) {
      const asked = ask(running, generate, { prompt: 'A lake at dawn' }).catch(() => null);
      let isOver = false;
      void asked.then(() => {
        isOver = true;
      });
      await eventually(async () => isOver || (await hasCome(dbOf(running)))).toBe(true);
      await running.stop('SIGKILL');
      await asked;
      const pictures = await dbOf(running).collection('pictures').find().toArray();
      const held = await dbOf(running).collection('attachments').find().toArray();
      expect(held.map(({ fileId, documentId }) => [documentId, fileId]).sort()).toEqual(
        pictures.map(({ _id, storageId }) => [_id, storageId]).sort(),
      );
      running = await startPictures({ EXAMPLE_DATABASE: running.database });
    }
    expect((await leftIn(running))['pictures']).toBeGreaterThan(0);
  });

  it('is served, and nothing else of Gridhold is', async () => {
    for (const [method, path] of [
      ['POST', 'graphql'],
      ['GET', 'graphql'],
      ['POST', 'files'],
      ['POST', 'upload/upload_nothing'],
    ] as const) {
      const { status } = await fetch(`${example.url}/files-api/${path}`, { method });
      expect([404, 405], `${method} ${path}`).toContain(status);
    }
  });
});

describe('The page', () => {
  it('says that the server is gone, and goes on when it is back', async () => {
    const example = await startPictures();
    const page = await (await launchChromium()).newPage();
    await page.goto(example.url);
    await page.getByText('No pictures yet').waitFor();
    await example.stop('SIGKILL');
    await page.getByRole('button', { name: 'Spring morning' }).click();
    await page.getByRole('alert').getByText('The server can’t be reached.').waitFor();

    await startPictures({ PORT: new URL(example.url).port, EXAMPLE_DATABASE: example.database });
    await page.getByRole('button', { name: 'Try again' }).click();
    expect(await loadedWidth(page.getByAltText('Spring morning'))).toBe(512);
  });

  it('shows prompts as they are', async () => {
    const example = await startPictures();
    const prompt = '<img src=x onerror="document.title=\'broken in\'">';
    await newPicture(example, prompt);
    const page = await (await launchChromium()).newPage();
    await page.goto(example.url);
    expect(await loadedWidth(page.getByAltText(prompt))).toBe(512);
    expect(await page.title()).toBe('Pictures');
  });
});
