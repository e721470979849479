/** Streams that fail or wait: each is closed, its error is told, and no process ends of it. */
import { createReadStream, mkdtempSync, type ReadStream, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryUsage } from 'node:process';
import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createGridholdClient, type GridholdClient, uploadTo } from 'gridhold/client';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openTestGridhold } from './support/open-gridhold.ts';
import { startService } from './support/service.ts';

const directory = mkdtempSync(join(tmpdir(), 'gridhold-streams-'));
const path = join(directory, 'file');
writeFileSync(path, 'bytes of a file');
afterAll(() => rmSync(directory, { recursive: true }));

let gridhold: GridholdClient;
beforeAll(async () => {
  const service = await startService();
  gridhold = createGridholdClient({ url: service.url });
});

const missing = (): ReadStream => createReadStream(join(directory, 'missing'));
const isMissing = { code: 'ENOENT' };

// A stream's error that nobody hears ends the process: the runner then reports it as a failure of the run.
describe('a stream that fails before it is read', () => {
  it('rejects its upload with its error', async () => {
    await expect(gridhold.upload(missing())).rejects.toMatchObject(isMissing);
  });

  it('rejects its own upload alone, while it waits for its turn among others', async () => {
    const outcomes = await gridhold.uploadMany(
      [new Uint8Array(300_000), missing(), new Uint8Array(3), missing()],
      { concurrency: 1 },
    );
    expect(outcomes).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: isMissing },
      { status: 'fulfilled' },
      { status: 'rejected', reason: isMissing },
    ]);
  });

  it('rejects the library’s store with its error, and nothing is stored', async () => {
    const { gridhold: library, db } = await openTestGridhold();
    await expect(library.store(missing())).rejects.toMatchObject(isMissing);
    expect(await db.collection('files').countDocuments()).toBe(0);
  });
});

describe('a stream is closed', () => {
  const target = async (): Promise<string> => (await gridhold.generateUploadUrl()).url;

  it('where the signal had ended before', async () => {
    const stream = createReadStream(path);
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(uploadTo(target, stream, { signal })).rejects.toThrow('too late');
    expect(stream.destroyed).toBe(true);
  });

  it.each([Number.NaN, -1, 1.5])(
    'where its size is said to be %s, which is told of as what it is',
    async (size) => {
      const stream = createReadStream(path);
      await expect(uploadTo(target, stream, { size })).rejects.toThrow(
        'size: must be a whole number of bytes',
      );
      expect(stream.destroyed).toBe(true);
    },
  );

  it('where it still waited when its uploads were ended', async () => {
    const streams = [createReadStream(path), createReadStream(path), createReadStream(path)];
    const controller = new AbortController();
    const outcomes = await gridhold.uploadMany(streams, {
      concurrency: 1,
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    });
    expect(outcomes.map(({ status }) => status)).toContain('rejected');
    expect(streams.map(({ destroyed }) => destroyed)).toEqual([true, true, true]);
  });
});

describe('a stream that has been read to its end', () => {
  const readBefore = async (): Promise<ReadStream> => {
    const stream = createReadStream(path);
    await stream.toArray();
    return stream;
  };

  it('is refused by an upload, which would store an empty file', async () => {
    await expect(gridhold.upload(await readBefore())).rejects.toThrow(/has been read already/);
  });

  it('is refused by the library’s store, and nothing is stored', async () => {
    const { gridhold: library, db } = await openTestGridhold();
    await expect(library.store(await readBefore())).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(await db.collection('files').countDocuments()).toBe(0);
  });

  it('is none before that, however empty it is', async () => {
    const { gridhold: library } = await openTestGridhold();
    expect(await library.store(Readable.from([]))).toMatchObject({ size: 0 });
    expect(await gridhold.upload(Readable.from([]))).toMatchObject({ size: 0 });
  });
});

describe('what is sent is not kept in memory', () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage: () => void = runInNewContext('gc');
  const pieces = 64;
  const pieceBytes = 1024 * 1024;
  const size = pieces * pieceBytes;

  async function* newPieces(): AsyncGenerator<Uint8Array> {
    for (let piece = 0; piece < pieces; piece++) yield new Uint8Array(pieceBytes).fill(piece);
  }

  it('of a stream, whatever its size', async () => {
    const server = createServer((request, response) => {
      request.resume().on('end', () => response.writeHead(201).end('{"storageId": "file_1"}'));
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    collectGarbage();
    const before = memoryUsage().arrayBuffers;
    let kept = Number.NaN;
    await uploadTo(`http://127.0.0.1:${port}`, newPieces(), {
      size,
      onProgress({ loaded }) {
        if (loaded < size) return;
        collectGarbage();
        kept = memoryUsage().arrayBuffers - before;
      },
    });
    expect(kept).toBeLessThan(size / 2);
  });
});

it('a target that gives nothing is told of, and nothing is sent', async () => {
  await expect(uploadTo('', new Uint8Array(1))).rejects.toThrow(/no upload URL/);
  await expect(uploadTo(() => '', new Uint8Array(1))).rejects.toThrow(/no upload URL/);
});
