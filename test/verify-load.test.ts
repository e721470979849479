/**
 * `verify` on a store that is in use: nothing under way is taken for a fault, what is broken is repaired beside those who
 * go on writing, and two that repair at once do no harm.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Binary, ObjectId } from 'mongodb';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { Finding, VerifyOptions } from '../src/domain/verify/contract.ts';
import type { Gridhold } from '../src/gridhold.ts';
import { brokenInvariants } from './support/invariants.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { documentOf, emptyStore } from './support/use-case-input.ts';
import type { Row } from './support/verify-store.ts';

/** Two chunks and a bit. */
const fileBytes = 550_000;
let store: TestGridhold;
let other: Gridhold;

beforeAll(async () => {
  store = await openTestGridhold({ chunkDelayMs: 0, unreferencedTtlMs: 0 });
  other = await store.another({ chunkDelayMs: 0, unreferencedTtlMs: 0 });
});

beforeEach(() => emptyStore(store.db));

const rows = (name: string) => store.db.collection<Row>(name);

async function verify(gridhold: Gridhold, options: VerifyOptions = {}): Promise<Finding[]> {
  const findings: Finding[] = [];
  const onUndecided = (one: unknown): void => expect(one).toBeUndefined();
  for await (const finding of gridhold.verify({ ...options, onUndecided })) findings.push(finding);
  return findings;
}

/** Everything that the protocol does, with contents and documents that meet again and again. @returns what ends it */
function beginTraffic(): () => Promise<number> {
  const contents = Array.from({ length: 6 }, () => randomBytes(fileBytes));
  const ids: string[] = [];
  let isOver = false;
  let done = 0;
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(Math.random() * items.length)];
  const person = async (number: number): Promise<void> => {
    for (let turn = 0; !isOver; turn++) {
      const gridhold = turn % 2 ? store.gridhold : other;
      const document = documentOf('posts', turn % 7);
      const id = pick(ids);
      if (!id || turn % 3 === 0) {
        const bytes = turn % 2 ? (pick(contents) ?? randomBytes(9)) : randomBytes(9 + number);
        ids.push((await gridhold.store(bytes, turn % 4 ? {} : { attachTo: { document } })).id);
      } else {
        const works = [
          () => gridhold.attach({ fileId: id, document }),
          () => gridhold.detach({ fileId: id, document }),
          () => gridhold.setDocumentFiles({ document, fileIds: [id] }),
          () => gridhold.detachDocument({ document }),
          () => gridhold.delete({ id, force: true }),
          () => gridhold.sweep(),
        ];
        // A file that is gone is refused; what else fails shows in the invariants.
        await pick(works)?.().catch(() => undefined);
      }
      done += 1;
    }
  };
  const people = Promise.all([1, 2, 3].map(person));
  return async () => {
    isOver = true;
    await people;
    return done;
  };
}

test('under traffic it finds nothing, however often it looks', async () => {
  const end = beginTraffic();
  await pause(500);
  const found: Finding[] = [];
  let looks = 0;
  // However slow the machine is: as often as it takes to have looked at traffic.
  for (const until = performance.now() + 4_000; performance.now() < until || looks < 3; looks++) {
    found.push(...(await verify(store.gridhold, { deep: looks % 2 === 0, repair: looks % 3 === 0 })));
  }
  expect(await end()).toBeGreaterThan(20);
  expect(found).toEqual([]);
  expect(await brokenInvariants(store.db)).toEqual([]);
});

test('what changes all the time is seen in one snapshot, or it would be wrong again and again', async () => {
  let isOver = false;
  const bytes = Buffer.from('equal bytes');
  const { id: fileId } = await store.gridhold.store(Buffer.from('held and let go'));
  // So many, more than a page has, that counting them takes longer than an attach.
  const holds = Array.from({ length: 12_000 }, (_, number) => ({
    _id: new ObjectId(),
    fileId,
    ...documentOf('many', number),
    field: 'file',
    attachedAt: new Date(),
  }));
  await rows('attachments').insertMany(holds);
  const counted = { $set: { refCount: holds.length }, $unset: { unreferencedSince: 1 as const } };
  await rows('files').updateOne({ _id: fileId }, counted);
  const loops = [0, 1, 2, 3].map(async (number) => {
    const gridhold = number % 2 ? store.gridhold : other;
    const hold = { fileId, document: documentOf('posts', number) };
    while (!isOver) {
      if (number > 1) {
        await gridhold.attach(hold);
        await gridhold.detach(hold);
      } else {
        const { id } = await gridhold.store(bytes);
        await gridhold.delete({ id });
      }
    }
  });
  let looks = 0;
  const found: Finding[] = [];
  for (const until = performance.now() + 3_000; performance.now() < until || looks < 6; looks++) {
    found.push(...(await verify(store.gridhold)));
  }
  isOver = true;
  await Promise.all(loops);
  expect(found).toEqual([]);
});

/** Breaks each rule in several ways, on files that nobody deletes. */
async function breakThings(): Promise<{ damaged: ObjectId[] }> {
  const files = await Promise.all(
    Array.from({ length: 12 }, (_, number) =>
      store.gridhold.store(randomBytes(fileBytes), { attachTo: { document: documentOf('held', number) } }),
    ),
  );
  const named = { _id: { $in: files.map(({ id }) => id) } };
  const records = await rows('files').find(named).toArray();
  const blobIds = records.map((record) => record['blobId']).filter((id) => id instanceof ObjectId);
  const at = new Date(0);
  await rows('files').updateMany(named, { $set: { refCount: 7 } });
  await rows('attachments').insertMany(
    Array.from({ length: 5 }, (_, number) => ({
      _id: new ObjectId(),
      fileId: `file_0${String(number).padStart(25, '0')}`,
      ...documentOf('lost', number),
      field: 'file',
      attachedAt: at,
    })),
  );
  for (const _id of blobIds.slice(0, 2)) {
    await store.db.collection('blobs.files').updateOne({ _id }, { $inc: { 'metadata.fileCount': 3 } });
  }
  await store.db.collection('blobs.files').deleteMany({ _id: { $in: blobIds.slice(2, 4) } });
  await rows('blobs.chunks').insertMany(
    Array.from({ length: 5 }, () => ({
      _id: new ObjectId(),
      files_id: new ObjectId(),
      n: 0,
      data: new Binary(randomBytes(9)),
    })),
  );
  const damaged = blobIds.slice(4, 6).sort();
  await rows('blobs.chunks').deleteMany({ files_id: { $in: damaged }, n: 1 });
  return { damaged };
}

test('two that repair at once beside traffic mend everything that can be, and nothing is worse', async () => {
  const { damaged } = await breakThings();
  const end = beginTraffic();
  const attaching = (async () => {
    const files = await rows('files').find({ refCount: 7 }).toArray();
    for (const [number, { _id }] of files.entries()) {
      await other.attach({ fileId: String(_id), document: documentOf('new', number) });
    }
  })();
  const found = await Promise.all([
    verify(store.gridhold, { repair: true }),
    verify(other, { repair: true }),
  ]);
  await attaching;
  await end();
  // What two repair at once, one of them may find already right: what counts is that nothing else is left.
  const left = await verify(store.gridhold, { deep: true, repair: true });
  expect(left.map(({ rule, id, fixable }) => ({ rule, id, fixable }))).toEqual(
    damaged.map((id) => ({ rule: 5, id: id.toHexString(), fixable: false })),
  );
  expect(new Set(found.flat().map(({ rule }) => rule))).toEqual(new Set([1, 2, 3, 4, 5]));
  expect(found.flat().filter(({ fixable, repaired }) => fixable && !repaired)).toEqual([]);
  expect((await brokenInvariants(store.db)).filter((line) => !line.startsWith('5:'))).toEqual([]);
});
