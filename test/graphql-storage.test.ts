/** The storage totals: sums over files, bytes kept once, and since when anything is collected at all. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Gridhold } from '../src/gridhold.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';

interface Storage {
  readonly id: string;
  readonly fileCount: number;
  readonly asOf: string;
  readonly collectingSince: string | null;
}

let test: TestGridhold;
beforeAll(async () => {
  test = await openTestGridhold();
});

async function storage(gridhold: Gridhold): Promise<Storage> {
  const query = `{ storage {
    id fileCount totalSize storedSize unreferencedCount unreferencedSize collectingSince asOf
    byContentType { contentType fileCount totalSize }
  } }`;
  const response = await gridhold.fetch(
    new Request(`http://127.0.0.1/graphql?query=${encodeURIComponent(query)}`),
  );
  const { data }: { data: { storage: Storage } } = await response.json();
  return data.storage;
}
/** An instance that has counted nothing yet. */
const freshly = async (): Promise<Storage> => await storage(await test.another());

describe('storage', () => {
  it('of an empty store is nothing, and collects nothing', async () => {
    expect(await freshly()).toEqual({
      id: expect.stringMatching(/./),
      fileCount: 0,
      totalSize: 0,
      storedSize: 0,
      unreferencedCount: 0,
      unreferencedSize: 0,
      collectingSince: null,
      asOf: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      byContentType: [],
    });
  });

  it('counts files, and equal bytes once', async () => {
    const store = async (text: string, contentType: string): Promise<string> =>
      (await test.gridhold.store(Buffer.from(text), { contentType })).id;
    const held = await store('four', 'text/plain');
    await store('four', 'text/plain;charset=utf-8');
    await store('fives', 'text/csv');
    await test.gridhold.attach({ fileId: held, document: { collection: 'posts', documentId: '1' } });
    expect(await freshly()).toEqual({
      id: (await freshly()).id,
      fileCount: 3,
      totalSize: 13,
      storedSize: 9,
      unreferencedCount: 2,
      unreferencedSize: 9,
      collectingSince: expect.stringMatching(/Z$/),
      asOf: expect.stringMatching(/Z$/),
      byContentType: [
        { contentType: 'text/plain', fileCount: 2, totalSize: 8 },
        { contentType: 'text/csv', fileCount: 1, totalSize: 5 },
      ],
    });
  });

  it('may be up to a minute old, and says as of when', async () => {
    const instance = await test.another();
    const first = await storage(instance);
    await test.gridhold.store(Buffer.from('one more'));
    expect(await storage(instance)).toEqual(first);
    const later = await freshly();
    expect(later.fileCount).toBe(first.fileCount + 1);
    expect(Date.parse(later.asOf)).toBeGreaterThanOrEqual(Date.parse(first.asOf));
  });

  it('counts sizes beyond 2 GiB', async () => {
    await test.db.collection('files').updateMany({}, { $set: { size: 2 ** 40 } });
    const { fileCount, ...totals } = await freshly();
    expect(totals).toMatchObject({ totalSize: fileCount * 2 ** 40 });
  });
});
