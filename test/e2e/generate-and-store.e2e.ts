/** Pictures whose app dies, whose user leaves, or whose file is gone: words, and both of picture and file or neither. */
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { seriousFindings } from '../support/axe.ts';
import { loadedWidth } from '../support/chat-person.ts';
import { launchChromium } from '../support/chromium.ts';
import { type KillPoint, killAt, openCommandProxy } from '../support/command-proxy.ts';
import { eventually } from '../support/eventually.ts';
import type { Example } from '../support/example.ts';
import {
  ask,
  dbOf,
  generate,
  leftIn,
  newPicture,
  startPictures,
  startQuickThirdParty,
} from '../support/generate-and-store.ts';
import { brokenInvariants } from '../support/invariants.ts';

/** Beyond what a picture takes: more would mean that it never ends. */
const mostCommands = 40;

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

  it.each(['asked', 'answered'] as const)(
    'of an app that is killed when any command is %s is there with its file, or not at all',
    async (phase) => {
      const proxy = await openCommandProxy(inject('mongodbUri'), `pictures-${phase}`);
      const environment = { MONGODB_URI: proxy.uri, THIRD_PARTY_URL: await startQuickThirdParty() };
      let running = await startPictures(environment);
      const db = dbOf(running);
      const killedAt = async (at: Omit<KillPoint, 'phase'>, prompt: string): Promise<string> => {
        const struck = await killAt(proxy, running.process, { phase, ...at }, () =>
          newPicture(running, prompt),
        );
        const pictures = await db.collection('pictures').find().toArray();
        const held = await db.collection('attachments').find().toArray();
        expect(held.map(({ fileId, documentId }) => [documentId, fileId]).sort(), `at ${struck}`).toEqual(
          pictures.map(({ _id, storageId }) => [_id, storageId]).sort(),
        );
        expect(await brokenInvariants(db)).toEqual([]);
        if (struck !== null) {
          running = await startPictures({ ...environment, EXAMPLE_DATABASE: running.database });
        }
        return `${struck}: ${pictures.filter((one) => one['prompt'] === prompt).length}`;
      };

      let outcome = await killedAt({ index: 1 }, `Killed when 1 is ${phase}`);
      for (let index = 2; !outcome.startsWith('null') && index <= mostCommands; index++) {
        outcome = await killedAt({ index }, `Killed when ${index} is ${phase}`);
      }
      expect(outcome).toBe('null: 1');
      // What it does on its own may take a number of its own above, and one of these is then passed over.
      expect(await killedAt({ name: 'insert', index: 1 }, `No insert ${phase}`)).toBe('insert: 0');
      // The file's own transaction, and that of picture and hold.
      for (const [index, answered] of [
        [1, 0],
        [2, 1],
      ] as const) {
        expect(await killedAt({ name: 'commitTransaction', index }, `Commit ${index} ${phase}`)).toBe(
          `commitTransaction: ${phase === 'asked' ? 0 : answered}`,
        );
      }
    },
    300_000,
  );

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

  it('shows a picture once, also where the list is loaded anew while it is drawn', async () => {
    const example = await startPictures();
    const page = await (await launchChromium()).newPage();
    let goOn: () => void = () => undefined;
    const isLetOn = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let isDown = true;
    await page.route('**/graphql', async (route) => {
      const query = route.request().postData() ?? '';
      if (!query.includes('mutation')) return isDown ? await route.abort() : await route.continue();
      const response = await route.fetch();
      await isLetOn;
      await route.fulfill({ response });
    });
    await page.goto(example.url);
    await page.getByRole('alert').waitFor();
    await page.getByRole('button', { name: 'Spring morning' }).click();
    await eventually(() => dbOf(example).collection('pictures').countDocuments()).toBe(1);
    isDown = false;
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByAltText('Spring morning').waitFor();
    goOn();
    await page.getByText('Being drawn…').waitFor({ state: 'detached' });
    expect(await page.getByRole('listitem').count()).toBe(1);
  });

  it('names each button by its picture, and passes on the focus of what goes away', async () => {
    const example = await startPictures();
    await newPicture(example, 'One');
    await newPicture(example, 'Two');
    const page = await (await launchChromium()).newPage();
    await page.goto(example.url);
    await page.getByRole('listitem').first().waitFor();
    const names = await page
      .getByRole('listitem')
      .getByRole('button')
      .evaluateAll((buttons) => buttons.map((button) => button.getAttribute('aria-label')));
    expect(names).toEqual(['Print Two', 'Delete Two', 'Print One', 'Delete One']);

    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? 'none');
    const deleteFocused = async (name: string): Promise<void> => {
      await page.getByRole('button', { name }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name }).waitFor({ state: 'detached' });
    };
    await page.getByRole('button', { name: 'Print Two' }).focus();
    await page.keyboard.press('Enter');
    await page.getByLabel('Receipt').waitFor();
    expect(await focused()).toBe('Print Two');
    await deleteFocused('Delete Two');
    await expect.poll(focused).toBe('Print One');
    await deleteFocused('Delete One');
    await expect.poll(focused).toBe('What the picture shall show');
    await page.getByRole('textbox').fill('fail');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Discard' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('No pictures yet').waitFor();
    await expect.poll(focused).toBe('What the picture shall show');
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
