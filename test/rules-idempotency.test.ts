/** The same idempotency key again gives the same file: after the answer was lost, at once, and not for other requests. */
import { createHash } from 'node:crypto';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { userCaller } from '../src/domain/callers.ts';
import type { IncomingBytes, StoreResult } from '../src/domain/incoming-bytes.ts';
import type { Caller, StoreFileInput } from '../src/domain/model.ts';
import type { UseCases } from '../src/domain/use-cases.ts';
import { brokenInvariants } from './support/invariants.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { app, codeOf, documentOf, incomingOf, refusalOf, untouchable } from './support/use-case-input.ts';

let store: TestGridhold;
let rules: UseCases;
let rival: UseCases;

beforeAll(async () => {
  store = await openTestGridhold();
  rules = store.gridhold.useCases;
  rival = (await store.another()).useCases;
});

afterEach(async () => {
  expect(await brokenInvariants(store.db)).toEqual([]);
  expect(await store.db.collection('leases').countDocuments({ why: 'writing' })).toBe(0);
});

const send = (
  bytes: string | IncomingBytes,
  input: StoreFileInput,
  caller: Caller = app,
  by: UseCases = rules,
): Promise<StoreResult> => by.storeFile(typeof bytes === 'string' ? incomingOf(bytes) : bytes, input, caller);

test('the same request again gives the same file', async () => {
  const input = { idempotencyKey: 'again', filename: 'a.txt', metadata: { a: 1 } };
  const { file, created } = await send('bytes', input);
  expect(created).toBe(true);
  expect(await send('bytes', input)).toEqual({ file, created: false });
  expect(await send('bytes', input, app, rival)).toEqual({ file, created: false });
  expect(await store.db.collection('files').countDocuments({ sha256: file.sha256 })).toBe(1);
});

test('without a key, the same request is another file', async () => {
  const [one, other] = [await send('keyless', {}), await send('keyless', {})];
  expect(one.file.id).not.toBe(other.file.id);
  expect(other.created).toBe(true);
});

test('an announced hash is answered before the body', async () => {
  const { file } = await send('announced', { idempotencyKey: 'announced' });
  const again = untouchable({ sha256: createHash('sha256').update('announced').digest('hex') });
  expect(await send(again, { idempotencyKey: 'announced' })).toEqual({ file, created: false });
});

test.each<[string, string, StoreFileInput]>([
  ['other bytes', 'other', {}],
  ['bytes of the same length', 'bytez', {}],
  ['fewer bytes', 'byte', {}],
  ['no bytes', '', {}],
  ['another name', 'bytes', { filename: 'other.txt' }],
  ['other metadata', 'bytes', { metadata: { other: true } }],
  ['another visibility', 'bytes', { visibility: 'PRIVATE' }],
  ['keep', 'bytes', { keep: true }],
  ['another owner', 'bytes', { owner: 'ann' }],
  ['a document', 'bytes', { attachTo: { document: documentOf('posts', 1) } }],
])('with %s the key is refused', async (what, bytes, input) => {
  const idempotencyKey = `refused for ${what}`;
  await send('bytes', { idempotencyKey });
  expect(await refusalOf(send(bytes, { ...input, idempotencyKey }))).toMatchObject({
    code: 'IDEMPOTENCY_KEY_USED',
  });
});

test('every caller has keys of their own', async () => {
  const idempotencyKey = 'shared';
  const callers = [app, userCaller('ann'), userCaller('bob')];
  const files = await Promise.all(
    callers.map((caller) => send(`of ${caller.id}`, { idempotencyKey }, caller)),
  );
  expect(new Set(files.map(({ file }) => file.id)).size).toBe(3);
  expect(files.map(({ file }) => file.owner)).toEqual([null, 'ann', 'bob']);
});

test('a key whose file is gone counts as new', async () => {
  const input = { idempotencyKey: 'gone' };
  const { file } = await send('gone', input);
  await store.gridhold.delete({ id: file.id });
  const next = await send('something else', input);
  expect(next.created).toBe(true);
  expect(next.file.id).not.toBe(file.id);
  expect(await send('something else', input)).toEqual({ file: next.file, created: false });
  expect(await codeOf(send('gone', input))).toBe('IDEMPOTENCY_KEY_USED');
});

test('a request that failed leaves the key free', async () => {
  const input = { idempotencyKey: 'failed', maxSize: 3 };
  expect(await codeOf(send('too long', input))).toBe('FILE_TOO_LARGE');
  expect((await send('fit', input)).created).toBe(true);
});

test('eight at once make one file, and all are told of it', async () => {
  for (let round = 0; round < 5; round++) {
    const input = { idempotencyKey: `eight ${round}`, attachTo: { document: documentOf('eight', round) } };
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, number) =>
        send(`round ${round}`, input, app, number % 2 ? rules : rival),
      ),
    );
    expect(new Set(results.map(({ file }) => file.id)).size).toBe(1);
    expect(results.filter(({ created }) => created)).toHaveLength(1);
    expect(
      await rules.countAttachments([{ document: documentOf('eight', round), field: null }], app),
    ).toEqual([1]);
  }
});

test('eight at once with bytes of their own: one stores, the others are refused', async () => {
  const codes = await Promise.all(
    Array.from({ length: 8 }, (_, number) =>
      codeOf(send(`own ${number}`, { idempotencyKey: 'own' }, app, number % 2 ? rules : rival)),
    ),
  );
  expect(codes.sort()).toEqual([...Array(7).fill('IDEMPOTENCY_KEY_USED'), 'OK']);
});

test('a staged file may be stored twice, under a key for each', async () => {
  const staged = rules.stageFile(incomingOf('staged'), app);
  const [one, other] = await Promise.all(
    ['one', 'other'].map((name) =>
      rules.storeStaged(staged, { idempotencyKey: `stage ${name}`, filename: name }, app),
    ),
  );
  const again = await rules.storeStaged(staged, { idempotencyKey: 'stage one', filename: 'one' }, app);
  await staged.discard();
  expect(one?.file.id).not.toBe(other?.file.id);
  expect(again).toMatchObject({ created: false, file: { id: one?.file.id } });
  expect(
    await store.db.collection('blobs.files').findOne({ filename: one?.file.sha256 ?? '' }),
  ).toMatchObject({
    metadata: { fileCount: 2 },
  });
});

test.each(['', 'x'.repeat(201), '\ud800'])(
  'a malformed key (%#) is refused by its name',
  async (idempotencyKey) => {
    const refusal = await refusalOf(send('bytes', { idempotencyKey }));
    expect(refusal?.code).toBe('BAD_USER_INPUT');
    expect(refusal?.message).toContain('idempotencyKey');
  },
);

test('the keys of metadata have no order', async () => {
  const idempotencyKey = 'metadata in another order';
  const { file } = await send('bytes', { idempotencyKey, metadata: { a: 1, b: { c: [2, 3], d: null } } });
  expect(await send('bytes', { idempotencyKey, metadata: { b: { d: null, c: [2, 3] }, a: 1 } })).toEqual({
    file,
    created: false,
  });
  const other = send('bytes', { idempotencyKey, metadata: { a: 1, b: { c: [3, 2], d: null } } });
  expect(await codeOf(other)).toBe('IDEMPOTENCY_KEY_USED');
});
