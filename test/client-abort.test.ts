/** Aborting an upload at each of its moments: the signal's reason, nothing stored, and nothing left behind. */

import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { getEventListeners, once } from 'node:events';
import { resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import { createGridholdClient, type GridholdClient, type UploadOptions, uploadTo } from 'gridhold/client';
import type { Db } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  answerWith,
  type Fault,
  type FlakyProxy,
  hold,
  type Kind,
  pass,
  stall,
  startFlakyProxy,
} from './support/flaky-proxy.ts';
import { databaseOf, newUploadUrl, stockOf } from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

let service: Service;
let db: Db;

beforeAll(async () => {
  service = await startService();
  db = await databaseOf(service);
});

interface Scene {
  readonly proxy: FlakyProxy;
  readonly gridhold: GridholdClient;
}

/** A proxy of its own for each: a request that is aborted early may never be seen by it. */
const open = async (): Promise<Scene> => {
  const proxy = await startFlakyProxy(service.url);
  return { proxy, gridhold: createGridholdClient({ url: proxy.url }) };
};

const bytes = randomBytes(3_000_000);
const busy = answerWith(503, '', { 'retry-after': '50' });
const patience = { timeout: 30_000 };

/** Resolves when a request of the kind has sent so much. */
const sent = async ({ proxy }: Scene, kind: 'graphql' | 'upload', least: number): Promise<void> => {
  await expect.poll(() => proxy.seen(kind)[0]?.bytes ?? 0, patience).toBeGreaterThanOrEqual(least);
};

interface Moment {
  readonly options?: UploadOptions;
  /** Resolves when it has come. */
  reached(): Promise<unknown>;
}

const moments: readonly (readonly [when: string, prepare: (scene: Scene) => Moment])[] = [
  [
    'while its URL is asked for',
    (scene) => {
      scene.proxy.failNext('graphql', hold);
      return { reached: () => sent(scene, 'graphql', 1) };
    },
  ],
  [
    'while it is sent',
    ({ proxy }) => {
      proxy.failNext('upload', stall);
      const loaded: number[] = [];
      return {
        options: { onProgress: (step) => loaded.push(step.loaded) },
        reached: () => expect.poll(() => loaded.at(-1) ?? 0, patience).toBeGreaterThan(0),
      };
    },
  ],
  [
    'while its answer is waited for',
    (scene) => {
      scene.proxy.failNext('upload', hold);
      return { reached: () => sent(scene, 'upload', bytes.byteLength) };
    },
  ],
  [
    'during a pause before a repeat',
    ({ proxy }) => {
      proxy.failNext('upload', busy);
      return { reached: () => expect.poll(() => proxy.seen('upload')[0]?.isOver, patience).toBe(true) };
    },
  ],
];

describe('an upload that is aborted', () => {
  it.each(moments)('%s rejects with the reason, and nothing is stored or left', async (when, prepare) => {
    const before = await stockOf(db);
    for (const file of [bytes, new Blob([bytes]).stream()]) {
      // Streams are not repeated.
      if (when.includes('repeat') && !(file instanceof Uint8Array)) continue;
      const scene = await open();
      const controller = new AbortController();
      const reason = new Error('The user has left');
      const { options, reached } = prepare(scene);
      const outcome = scene.gridhold
        .upload(file, { ...options, signal: controller.signal })
        .catch((error: unknown) => error);
      await reached();
      controller.abort(reason);
      expect(await outcome).toBe(reason);
      await expect.poll(() => getEventListeners(controller.signal, 'abort'), patience).toEqual([]);
    }
    await expect.poll(() => stockOf(db), patience).toEqual(before);
  });

  it('before it begins asks for nothing', async () => {
    const { proxy, gridhold } = await open();
    const reason = new Error('The user has left');
    const signal = AbortSignal.abort(reason);
    let asked = 0;
    const target = (): string => String(asked++);
    await expect(gridhold.upload(bytes, { signal })).rejects.toBe(reason);
    await expect(uploadTo(target, bytes, { signal })).rejects.toBe(reason);
    await expect(gridhold.file('file_none', { signal })).rejects.toBe(reason);
    expect({ asked, requests: proxy.requests }).toEqual({ asked: 0, requests: [] });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('without a reason rejects as fetch does', async () => {
    const { proxy, gridhold } = await open();
    const uploading = gridhold.upload(bytes, { signal: AbortSignal.abort() });
    await expect(uploading).rejects.toMatchObject({ name: 'AbortError' });
    proxy.failNext('graphql', hold);
    await expect(gridhold.upload(bytes, { signal: AbortSignal.timeout(300) })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
  });

  it('leaves its URL to the next', async () => {
    const { proxy } = await open();
    const { url } = await newUploadUrl(service);
    const address = url.replace(service.url, proxy.url);
    const controller = new AbortController();
    proxy.failNext('upload', stall);
    const uploading = uploadTo(address, bytes, {
      signal: controller.signal,
    });
    const outcome = expect(uploading).rejects.toThrow('Another one');
    await expect.poll(() => proxy.seen('upload').length, patience).toBe(1);
    controller.abort(new Error('Another one'));
    await outcome;
    expect(await uploadTo(address, bytes)).toMatchObject({ size: bytes.byteLength });
  });

  it('is not waited for by a target or by headers that never come', async () => {
    const { proxy } = await open();
    const never = new Promise<never>(() => undefined);
    const slow = createGridholdClient({ url: proxy.url, headers: () => never });
    const starts: readonly ((signal: AbortSignal) => Promise<unknown>)[] = [
      (signal) => uploadTo(() => never, bytes, { signal }),
      (signal) => slow.upload(bytes, { signal }),
      (signal) => slow.file('file_none', { signal }),
    ];
    for (const start of starts) {
      const controller = new AbortController();
      const outcome = expect(start(controller.signal)).rejects.toThrow('Enough');
      await new Promise((later) => setImmediate(later));
      controller.abort(new Error('Enough'));
      await outcome;
      await expect.poll(() => getEventListeners(controller.signal, 'abort')).toEqual([]);
    }
  });
});

describe("a caller's stream", () => {
  const streams = (): Record<string, { file: Parameters<typeof uploadTo>[1]; isClosed(): boolean }> => {
    const readable = new PassThrough();
    readable.write(bytes);
    let isCancelled = false;
    const web = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(bytes),
      cancel() {
        isCancelled = true;
      },
    });
    let isLeft = false;
    async function* generator(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          yield bytes;
          await new Promise((later) => setImmediate(later));
        }
      } finally {
        isLeft = true;
      }
    }
    return {
      "Node's Readable that waits for more": { file: readable, isClosed: () => readable.destroyed },
      'a web stream that waits for more': { file: web, isClosed: () => isCancelled },
      'a generator': { file: generator(), isClosed: () => isLeft },
    };
  };

  it.each(Object.keys(streams()))('is closed by an abort: %s', async (name) => {
    const { proxy, gridhold } = await open();
    const stream = streams()[name];
    if (!stream) throw new Error(name);
    const controller = new AbortController();
    proxy.failNext('upload', hold);
    const uploading = gridhold.upload(stream.file, {
      signal: controller.signal,
      onProgress: ({ loaded }) => loaded >= bytes.byteLength && controller.abort(new Error('Enough')),
    });
    await expect(uploading).rejects.toThrow('Enough');
    await expect.poll(stream.isClosed).toBe(true);
  });

  it('is closed where the upload does not get as far as to read it', async () => {
    for (const [name, { file, isClosed }] of Object.entries(streams())) {
      const uploading = uploadTo(() => Promise.reject(new Error('No URL')), file);
      await expect(uploading).rejects.toThrow('No URL');
      // A generator that has not begun has nothing to close.
      if (name !== 'a generator') await expect.poll(isClosed, { message: name }).toBe(true);
    }
  });
});

describe('an upload that succeeds', () => {
  it('leaves no listener on its signal', async () => {
    const { gridhold } = await open();
    const { signal } = new AbortController();
    await gridhold.upload(bytes, { signal });
    await gridhold.uploadMany([bytes, new Blob(['a'])], { signal });
    await gridhold.file('file_none', { signal });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('GraphQL that is aborted', () => {
  it('rejects with the reason', async () => {
    const scene = await open();
    const { proxy, gridhold } = scene;
    const controller = new AbortController();
    proxy.failNext('graphql', hold);
    const asking = expect(gridhold.file('file_none', { signal: controller.signal })).rejects.toThrow('Gone');
    await sent(scene, 'graphql', 1);
    controller.abort(new Error('Gone'));
    await asking;
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });
});

describe('a program', () => {
  const sends = (scene: Scene): Promise<void> => sent(scene, 'upload', bytes.byteLength);
  const pauses = ({ proxy }: Scene): Promise<void> =>
    expect.poll(() => proxy.seen('upload')[0]?.isOver, patience).toBe(true);
  const cases: readonly (readonly [name: string, kind: Kind, fault: Fault, reached: typeof sends | null])[] =
    [
      ['stored', 'upload', pass, null],
      ['asking', 'graphql', hold, null],
      ['sending', 'upload', stall, null],
      ['answer', 'upload', hold, sends],
      ['pause', 'upload', busy, pauses],
    ];

  it.each(cases)('ends by itself, with no timer left (%s)', async (name, kind, fault, reached) => {
    const scene = await open();
    scene.proxy.failNext(kind, fault);
    const program = resolve(import.meta.dirname, 'children/client-abort.mjs');
    const child = fork(program, [scene.proxy.url, name], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    const closed = once(child, 'close');
    let printed = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
    if (reached) {
      await reached(scene);
      child.send('abort');
    }
    expect(await closed).toEqual([0, null]);
    expect(printed).toBe(`${name}, timers: 0\n`);
  });
});
