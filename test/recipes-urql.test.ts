/** The recipes for urql of docs/clients.md, run against the service. */
import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { createUrql, deleteAndForget, sendImage, uploadThroughGraphql, watchFiles } from './recipes/urql.ts';
import { startService } from './support/service.ts';

const newFile = (name = 'a.bin', size = 10): File => new File([randomBytes(size)], name);

describe('the recipes for urql', () => {
  let urql: ReturnType<typeof createUrql>;
  let shown: (readonly string[])[];

  // A store of its own, so that the list is empty at first: what additionalTypenames is for.
  beforeEach(async () => {
    const service = await startService();
    urql = createUrql(service.url);
    shown = [];
    const stop = watchFiles(urql, (ids) => shown.push(ids));
    await expect.poll(() => shown).toEqual([[]]);
    return async () => {
      stop();
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

  it('no longer show what is deleted', async () => {
    const id = await uploadThroughGraphql(urql, newFile());
    await expect.poll(() => shown.at(-1)).toEqual([id]);
    await deleteAndForget(urql, id);
    await expect.poll(() => shown.at(-1)).toEqual([]);
  });
});
