/** The recipes for urql of docs/clients.md, run against the service. */
import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { createUrql, deleteAndForget, sendImage, uploadThroughGraphql, watchFiles } from './recipes/urql.ts';
import { newFiles } from './support/graphql-calls.ts';
import { type Service, startService } from './support/service.ts';

const newFile = (name = 'a.bin', size = 10): File => new File([randomBytes(size)], name);

describe('the recipes for urql', () => {
  let urql: ReturnType<typeof createUrql>;
  let service: Service;
  let list: ReturnType<typeof watchFiles>;
  let shown: (readonly string[])[];

  // A store of its own, so that the list is empty at first: what additionalTypenames is for.
  beforeEach(async () => {
    service = await startService();
    urql = createUrql(service.url);
    shown = [];
    list = watchFiles(urql, (ids) => shown.push(ids));
    await expect.poll(() => shown).toEqual([[]]);
    return async () => {
      list.stop();
      await service.stop();
    };
  });

  it('upload with progress and attach, and an empty list shows the file', async () => {
    const fractions: number[] = [];
    const id = await sendImage(urql, newFile('b.bin', 300_000), 'urql-1', (fraction) =>
      fractions.push(fraction),
    );
    expect(fractions.length).toBeGreaterThan(2);
    expect(fractions.at(-1)).toBe(1);
    await expect.poll(() => shown.at(-1)).toEqual([id]);
  });

  it('upload in one request, and an empty list shows the file', async () => {
    const id = await uploadThroughGraphql(urql, newFile());
    await expect.poll(() => shown.at(-1)).toEqual([id]);
  });

  it('show page after page, and each file once, in order, whatever comes and goes on them', async () => {
    const stored = (await newFiles(service, 24)).reverse();
    const first = await uploadThroughGraphql(urql, newFile());
    await expect.poll(() => shown.at(-1)).toEqual([first, ...stored.slice(0, 19)]);
    list.showNextPage();
    await expect.poll(() => shown.at(-1)).toEqual([first, ...stored]);
    list.showNextPage();
    // The last file of a page, by which the next page begins; and one that pushes all others on.
    const last = stored[18] ?? '';
    await deleteAndForget(urql, last);
    const left = stored.filter((id) => id !== last);
    await expect.poll(() => shown.at(-1)).toEqual([first, ...left]);
    const newest = await uploadThroughGraphql(urql, newFile());
    await expect.poll(() => shown.at(-1)).toEqual([newest, first, ...left]);
    for (const id of left.slice(-6)) await deleteAndForget(urql, id);
    await expect.poll(() => shown.at(-1)).toEqual([newest, first, ...left.slice(0, -6)]);
  });

  it('no longer show what is deleted', async () => {
    const id = await uploadThroughGraphql(urql, newFile());
    await expect.poll(() => shown.at(-1)).toEqual([id]);
    await deleteAndForget(urql, id);
    await expect.poll(() => shown.at(-1)).toEqual([]);
  });
});
