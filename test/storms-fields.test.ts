/** One field of a document, set and let go by several at once: the outcome is one of theirs, never a mixture. */
import { randomBytes, randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { Gridhold } from '../src/gridhold.ts';
import { brokenInvariants } from './support/invariants.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { documentOf } from './support/use-case-input.ts';

const rounds = 50;
let store: TestGridhold;
let gridhold: Gridhold;
let rival: Gridhold;

beforeAll(async () => {
  store = await openTestGridhold();
  gridhold = store.gridhold;
  rival = await store.another();
});

afterEach(async () => {
  expect(await brokenInvariants(store.db)).toEqual([]);
});

async function freshIds(count: number): Promise<string[]> {
  const files = await Promise.all(Array.from({ length: count }, () => gridhold.store(randomBytes(20))));
  return files.map(({ id }) => id).sort();
}

async function heldBy(
  document: { collection: string; documentId: string },
  field = 'file',
): Promise<string[]> {
  const holds = await store.db
    .collection('attachments')
    .find({ ...document, field })
    .toArray();
  return holds.map((hold) => String(hold['fileId'])).sort();
}

const soon = (): Promise<void> => pause(randomInt(8));

test('two replaces of one field: exactly one stays, now the one, now the other', async () => {
  const stayed = new Set<number>();
  for (let round = 0; round < rounds; round++) {
    const document = documentOf('avatars', round);
    const ids = await freshIds(2);
    await Promise.all(
      [gridhold, rival].map(async (client, number) => {
        await soon();
        await client.attach({ fileId: ids[number] ?? '', document, field: 'avatar', replace: true });
      }),
    );
    const held = await heldBy(document, 'avatar');
    expect(held).toHaveLength(1);
    stayed.add(ids.indexOf(held[0] ?? ''));
  }
  expect([...stayed].sort()).toEqual([0, 1]);
});

test('a replace by a store, one in an app’s transaction and one by itself: exactly one stays', async () => {
  for (let round = 0; round < rounds / 2; round++) {
    const document = documentOf('covers', round);
    const [one = '', other = ''] = await freshIds(2);
    const [stored] = await Promise.all([
      gridhold.store(randomBytes(20), { attachTo: { document, replace: true } }),
      rival.attach({ fileId: one, document, replace: true }),
      store.client.withSession((session) =>
        session.withTransaction(async () => {
          await gridhold.attach({ fileId: other, document, replace: true }, { session });
        }),
      ),
    ]);
    const held = await heldBy(document);
    expect(held).toHaveLength(1);
    expect([stored.id, one, other]).toContain(held[0]);
  }
});

test('two settings of one field: it holds exactly the files of one of them', async () => {
  const stayed = new Set<string>();
  for (let round = 0; round < rounds; round++) {
    const document = documentOf('galleries', round);
    const [a = '', b = '', c = ''] = await freshIds(3);
    const sets = { first: [a, b], second: [b, c] };
    await Promise.all([
      soon().then(() => gridhold.setDocumentFiles({ document, fileIds: sets.first })),
      soon().then(() => rival.setDocumentFiles({ document, fileIds: sets.second })),
    ]);
    const held = (await heldBy(document)).join();
    const winner = Object.entries(sets).find(([, ids]) => ids.join() === held);
    expect(winner, `held: ${held}`).toBeDefined();
    stayed.add(winner?.[0] ?? '');
  }
  expect([...stayed].sort()).toEqual(['first', 'second']);
});

test('setting a field and letting the document go: all of it is held, or nothing', async () => {
  const outcomes = new Set<number>();
  for (let round = 0; round < rounds; round++) {
    const document = documentOf('posts', round);
    const ids = await freshIds(3);
    await gridhold.setDocumentFiles({ document, fileIds: ids.slice(0, 1) });
    await Promise.all([
      soon().then(() => gridhold.setDocumentFiles({ document, fileIds: ids })),
      soon().then(() => rival.detachDocument({ document })),
    ]);
    const held = await heldBy(document);
    expect([[], ids]).toContainEqual(held);
    outcomes.add(held.length);
  }
  expect([...outcomes].sort()).toEqual([0, 3]);
});

test('a plain attach beside a setting is either kept or replaced, and the set is whole', async () => {
  for (let round = 0; round < rounds / 2; round++) {
    const document = documentOf('threads', round);
    const ids = await freshIds(3);
    const [extra = '', ...set] = ids;
    await Promise.all([
      soon().then(() => gridhold.setDocumentFiles({ document, fileIds: set })),
      soon().then(() => rival.attach({ fileId: extra, document })),
    ]);
    expect([set, ids]).toContainEqual(await heldBy(document));
  }
});
