/** `uploadMany`: the order of its outcomes, the bound on what runs at once, and that no file hinders another. */
import { randomBytes } from 'node:crypto';
import { createGridholdClient, type FileSource, type UploadManyProgress } from 'gridhold/client';
import { beforeAll, describe, expect, it } from 'vitest';
import { type FlakyProxy, hold, startFlakyProxy } from './support/flaky-proxy.ts';
import { sha256Of } from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

let service: Service;

beforeAll(async () => {
  service = await startService();
});

const open = async (): Promise<{ proxy: FlakyProxy; gridhold: ReturnType<typeof createGridholdClient> }> => {
  const proxy = await startFlakyProxy(service.url);
  return { proxy, gridhold: createGridholdClient({ url: proxy.url }) };
};
const files = (count: number, size = 1_000): File[] =>
  Array.from({ length: count }, (_, index) => new File([randomBytes(size)], `${index}.bin`));
const patience = { timeout: 30_000 };

describe('uploadMany', () => {
  it('gives an outcome for each file, in the order given', async () => {
    const { gridhold } = await open();
    const given = files(7);
    const outcomes = await gridhold.uploadMany(given, { metadata: { album: 'one' } });
    const hashes = await Promise.all(
      given.map(async (file) => sha256Of(new Uint8Array(await file.arrayBuffer()))),
    );
    expect(outcomes.map((outcome) => outcome.status === 'fulfilled' && outcome.value.sha256)).toEqual(hashes);
    const [first] = outcomes;
    const id = first?.status === 'fulfilled' ? first.value.id : '';
    expect(await gridhold.file(id)).toMatchObject({ filename: '0.bin', metadata: { album: 'one' } });
  });

  it.each([
    [undefined, 3],
    [1, 1],
    [5, 5],
    [100, 8],
  ])('with concurrency %s sends %i of 8 at once', async (concurrency, expected) => {
    const { proxy, gridhold } = await open();
    // The first ones are held until all that may run have come.
    const held: Parameters<typeof hold>[0][] = [];
    proxy.failNext(
      'upload',
      ...Array.from({ length: expected }, () => (exchange: Parameters<typeof hold>[0]) => {
        hold(exchange);
        held.push(exchange);
      }),
    );
    const uploading = gridhold.uploadMany(files(8), { concurrency, retries: 1 });
    await expect.poll(() => held.length, patience).toBe(expected);
    expect(proxy.seen('upload').length).toBe(expected);
    expect(proxy.seen('graphql').length).toBe(expected);
    for (const { request } of held) request.socket.resetAndDestroy();
    expect((await uploading).map(({ status }) => status)).toEqual(Array(8).fill('fulfilled'));
  });

  it('goes on where one fails', async () => {
    const { gridhold } = await open();
    const failure = new Error('Unreadable');
    const broken = new ReadableStream<Uint8Array>({
      pull() {
        throw failure;
      },
    });
    const strange: unknown = 'a text';
    const [a, b] = files(2);
    if (!a || !b) throw new Error('No files');
    const outcomes = await gridhold.uploadMany(
      [a, new Blob(['too large '.repeat(1_000)]), broken, strange as FileSource, b],
      {
        maxSize: 5_000,
      },
    );
    expect(outcomes).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: 'FILE_TOO_LARGE' } },
      { status: 'rejected', reason: failure },
      { status: 'rejected', reason: expect.any(TypeError) },
      { status: 'fulfilled' },
    ]);
  });

  it('sums the progress of all, with the total from the beginning where sizes are known', async () => {
    const { gridhold } = await open();
    const seen: UploadManyProgress[] = [];
    const size = 400_000;
    await gridhold.uploadMany([...files(3, size), randomBytes(size), new Uint8Array(size).buffer], {
      onProgress: (progress) => seen.push(progress),
    });
    expect(seen.every(({ total }) => total === 5 * size)).toBe(true);
    expect(
      seen.every(({ loaded, files: each }) => loaded === each.reduce((sum, one) => sum + one.loaded, 0)),
    ).toBe(true);
    expect(seen[0]?.loaded).toBe(0);
    expect(seen.at(-1)).toMatchObject({
      loaded: 5 * size,
      files: Array(5).fill({ loaded: size, total: size }),
    });
    expect(seen.map(({ loaded }) => loaded)).toEqual(seen.map(({ loaded }) => loaded).sort((a, b) => a - b));
  });

  it('has no total where the size of one is not known', async () => {
    const { gridhold } = await open();
    const seen: UploadManyProgress[] = [];
    await gridhold.uploadMany([new Blob(['a']), new Blob(['b']).stream()], {
      onProgress: (progress) => seen.push(progress),
    });
    expect(new Set(seen.map(({ total }) => total))).toEqual(new Set([null]));
  });

  it('ends by its signal: what is stored stays so, the rest is rejected with the reason', async () => {
    const { proxy, gridhold } = await open();
    const controller = new AbortController();
    const reason = new Error('Enough');
    const uploading = gridhold.uploadMany(files(10), { concurrency: 2, signal: controller.signal });
    // A third begins once one of the first two is stored, and the client knows it.
    await expect.poll(() => proxy.seen('upload').length, patience).toBeGreaterThan(2);
    controller.abort(reason);
    const outcomes = await uploading;
    const rejected = outcomes.filter(({ status }) => status === 'rejected');
    expect(outcomes).toHaveLength(10);
    expect(outcomes.slice(0, 2).some(({ status }) => status === 'fulfilled')).toBe(true);
    expect(outcomes[9]).toEqual({ status: 'rejected', reason });
    expect(rejected.every((outcome) => outcome.status === 'rejected' && outcome.reason === reason)).toBe(
      true,
    );
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses a concurrency of %s',
    async (concurrency) => {
      const { gridhold } = await open();
      await expect(gridhold.uploadMany([], { concurrency })).rejects.toThrow(RangeError);
    },
  );

  it('takes whatever can be iterated, such as a FileList, also once, and nothing at all', async () => {
    const { proxy, gridhold } = await open();
    const [a, b] = files(2);
    if (!a || !b) throw new Error('No files');
    // What a browser's FileList is.
    const list = {
      0: a,
      1: b,
      length: 2,
      item: () => null,
      [Symbol.iterator]: Array.prototype[Symbol.iterator],
    };
    const once = new Set([a, b]).values();
    for (const given of [list as Iterable<File>, once]) {
      expect((await gridhold.uploadMany(given)).map(({ status }) => status)).toEqual([
        'fulfilled',
        'fulfilled',
      ]);
    }
    const before = proxy.requests.length;
    expect(await gridhold.uploadMany([])).toEqual([]);
    expect(proxy.requests.length).toBe(before);
  });
});
