/** Limits right to the byte by every way in, and what an upload leaves that ends at any point: nothing. */
import { createHash, randomBytes, randomInt } from 'node:crypto';
import type { Document } from 'mongodb';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { IncomingBytes, StoreResult } from '../src/domain/incoming-bytes.ts';
import type { StoreFileInput } from '../src/domain/model.ts';
import type { UseCases } from '../src/domain/use-cases.ts';
import { brokenInvariants } from './support/invariants.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { app, codeOf, emptyStore, incomingOf, refusalOf, tokenOf } from './support/use-case-input.ts';

/** Two whole chunks and a part. */
const limit = 600_000;
let store: TestGridhold;
let rules: UseCases;

beforeAll(async () => {
  store = await openTestGridhold({ maxUploadBytes: limit });
  rules = store.gridhold.useCases;
});

afterEach(async () => {
  expect(await brokenInvariants(store.db)).toEqual([]);
  await emptyStore(store.db);
});

type Way = (incoming: IncomingBytes, input: StoreFileInput) => Promise<StoreResult>;
const ways: Record<string, Way> = {
  'a store': (incoming, input) => rules.storeFile(incoming, input, app),
  'an upload URL': async (incoming, input) => {
    const uploadUrl = await rules.generateUploadUrl(input, app);
    return await rules.receiveUpload(tokenOf(uploadUrl), async () => incoming);
  },
  'a stage': async (incoming, input) => {
    const staged = rules.stageFile(incoming, app);
    try {
      return await rules.storeStaged(staged, input, app);
    } finally {
      await staged.discard();
    }
  },
};

async function* inPieces(bytes: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.byteLength; start += pieceBytes)
    yield bytes.subarray(start, start + pieceBytes);
}

async function expectNothing(): Promise<void> {
  for (const name of ['files', 'blobs.files', 'blobs.chunks', 'leases']) {
    expect(await store.db.collection(name).countDocuments(), name).toBe(0);
  }
}

describe.each(Object.entries(ways))('by %s', (_, send) => {
  const cases: [string, StoreFileInput, number][] = [
    ['the settings’ limit', {}, limit],
    ['a limit of its own', { maxSize: 300_000 }, 300_000],
    ['a limit of whole chunks', { maxSize: 522_240 }, 522_240],
    ['a limit of one byte', { maxSize: 1 }, 1],
    ['a limit of nothing', { maxSize: 0 }, 0],
    ['a limit above the settings’', { maxSize: limit * 2 }, limit],
  ];
  test.each(cases)(
    'a file of exactly %s is stored, one byte more is not, and leaves nothing',
    async (_name, input, size) => {
      const bytes = randomBytes(size + 1);
      const whole = bytes.subarray(0, size);
      for (const pieceBytes of [65_536, limit * 2]) {
        const { file } = await send(incomingOf(inPieces(whole, pieceBytes)), input);
        expect([file.size, file.sha256]).toEqual([size, createHash('sha256').update(whole).digest('hex')]);
        const stored: Uint8Array[] = [];
        for await (const piece of rules.readBytes(file)) stored.push(piece);
        expect(Buffer.concat(stored).equals(whole)).toBe(true);
      }
      await emptyStore(store.db);
      for (const pieceBytes of [65_536, limit * 2, size]) {
        if (pieceBytes === 0) continue;
        const refusal = await refusalOf(send(incomingOf(inPieces(bytes, pieceBytes)), input));
        expect(refusal).toMatchObject({ code: 'FILE_TOO_LARGE', details: { maxSize: size } });
        await expectNothing();
      }
      expect(await codeOf(send(incomingOf(whole, { declaredLength: size }), input))).toBe('OK');
    },
  );

  test('an endless body is refused at the first byte over the limit', async () => {
    let given = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        given += 10_000;
        yield Buffer.alloc(10_000);
      }
    }
    expect(await codeOf(send(incomingOf(endless()), {}))).toBe('FILE_TOO_LARGE');
    expect(given).toBe(limit + 10_000);
    await expectNothing();
  });

  test.each<[string, string, StoreFileInput, Partial<IncomingBytes>]>([
    ['that hash to something else', 'CHECKSUM_MISMATCH', { sha256: '0'.repeat(64) }, {}],
    ['that were announced as others', 'CHECKSUM_MISMATCH', {}, { sha256: '0'.repeat(64) }],
    [
      'of a type that is not asked for',
      'CONTENT_TYPE_NOT_ALLOWED',
      { contentTypes: ['image/*'] },
      { declaredType: 'text/plain' },
    ],
  ])('bytes %s leave nothing', async (_name, code, input, more) => {
    expect(await codeOf(send(incomingOf(randomBytes(400_000), more), input))).toBe(code);
    await expectNothing();
  });
});

test('a stage that nobody stores leaves nothing, however slow its client is', async () => {
  async function* silent(): AsyncGenerator<Uint8Array> {
    yield randomBytes(300_000);
    await new Promise(() => undefined);
  }
  const staged = [
    rules.stageFile(incomingOf(silent()), app),
    rules.stageFile(incomingOf(randomBytes(1_000)), app),
  ];
  await staged[1]?.settled;
  await Promise.all(staged.map((stage) => stage.discard()));
  await Promise.all(staged.map((stage) => stage.discard()));
  await expectNothing();
});

test('a stage’s limit that is lowered ends it at once', async () => {
  async function* silent(): AsyncGenerator<Uint8Array> {
    yield randomBytes(1_000);
    await new Promise(() => undefined);
  }
  const staged = rules.stageFile(incomingOf(silent()), app);
  staged.limit(999);
  const storing = codeOf(rules.storeStaged(staged, { maxSize: 999 }, app));
  expect(await storing).toBe('FILE_TOO_LARGE');
  await staged.discard();
  await expectNothing();
});

test('200 uploads that break off at random points leave nothing once the sweep has run', {
  timeout: 120_000,
}, async () => {
  const atOnce = 10;
  const senders = Object.values(ways);
  async function* brokenOff(bytes: number): AsyncGenerator<Uint8Array> {
    for (let left = randomInt(bytes); left > 0; left -= 50_000) yield randomBytes(Math.min(left, 50_000));
    throw new Error('The client is gone');
  }
  let left = 200;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (left-- > 0) {
        const send = senders[left % senders.length];
        expect(await codeOf(send?.(incomingOf(brokenOff(limit)), {}) ?? Promise.resolve())).toBe(
          'LENGTH_MISMATCH',
        );
      }
    }),
  );
  await store.db.collection('leases').updateMany({}, { $set: { until: new Date(0) } });
  await store.gridhold.sweep({ chunkDelayMs: 0 });
  const leases: Document[] = await store.db
    .collection('leases')
    .find({ why: { $ne: 'remembered' } })
    .toArray();
  expect(leases).toEqual([]);
  for (const name of ['files', 'blobs.files', 'blobs.chunks']) {
    expect(await store.db.collection(name).countDocuments(), name).toBe(0);
  }
});
