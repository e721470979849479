/** Pictures of a third party, as a person has them made: a prompt, a picture, a print with its receipt, and away. */
import { MongoClient } from 'mongodb';
import { afterAll, expect, inject, it } from 'vitest';
import { loadedWidth } from './support/chat-person.ts';
import { launchChromium } from './support/chromium.ts';
import { startExample } from './support/example.ts';
import { sha256Of, stockOf } from './support/requests.ts';
import { runCommand } from './support/run-command.ts';

const mongo = new MongoClient(inject('mongodbUri'));
afterAll(() => mongo.close());

it('A prompt becomes a picture, which is printed as it is stored, and goes with its bytes', async () => {
  const [example, browser] = await Promise.all([startExample('generate-and-store'), launchChromium()]);
  const db = mongo.db(example.database);
  const sweep = async (): Promise<void> => {
    const { code, stderr } = await runCommand(['sweep', '--unreferenced-for', '0s', '--chunk-delay', '0s'], {
      MONGODB_URI: inject('mongodbUri'),
      GRIDHOLD_DATABASE: example.database,
    });
    expect(code, stderr).toBe(0);
  };
  const page = await browser.newPage();
  await page.goto(example.url);
  await page.getByText('No pictures yet').waitFor();

  // Its answer is kept back until the page was seen to wait for it.
  let goOn: () => void = () => undefined;
  const isLetOn = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  await page.route('**/graphql', async (route) => {
    await isLetOn;
    await route.continue();
  });
  await page.getByRole('textbox').fill('A lake at dawn');
  await page.keyboard.press('Enter');
  await page.getByText('Being drawn…').waitFor();
  goOn();
  const image = page.getByAltText('A lake at dawn');
  expect(await loadedWidth(image)).toBe(512);

  await page.getByRole('button', { name: 'Print' }).click();
  const receipt = page.getByLabel('Receipt');
  await receipt.getByText(/^P-/).waitFor();
  const served = await fetch((await image.getAttribute('src')) ?? '');
  const sha256 = sha256Of(new Uint8Array(await served.arrayBuffer()));
  expect(await receipt.textContent()).toContain(sha256);
  // What is shown after a reload is what was kept.
  await page.reload();
  await receipt.getByText(sha256).waitFor();
  await sweep();
  expect(await stockOf(db)).toMatchObject({ files: 1, attachments: 1, 'blobs.files': 1 });

  await page.getByRole('button', { name: 'Delete A lake at dawn' }).click();
  await page.getByText('No pictures yet').waitFor();
  await sweep();
  const empty = { files: 0, attachments: 0, 'blobs.files': 0, 'blobs.chunks': 0, leases: 0 };
  expect(await stockOf(db)).toEqual(empty);
  expect(await db.collection('pictures').countDocuments()).toBe(0);
  expect(await example.stop()).toBe(0);
});
