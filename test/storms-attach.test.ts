/** Holding a file against what would take it away: an attach and a sweep, a delete, a detach can't both win. */
import { randomBytes, randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Gridhold } from '../src/gridhold.ts';
import { brokenInvariants } from './support/invariants.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { app, codeOf, documentOf } from './support/use-case-input.ts';

let store: TestGridhold;
let gridhold: Gridhold;
let rival: Gridhold;

beforeAll(async () => {
  store = await openTestGridhold();
  gridhold = store.gridhold;
  rival = await store.another();
  // Nothing is collected before the first attachment.
  const first = await gridhold.store(Buffer.from('first'));
  await gridhold.attach({ fileId: first.id, document: documentOf('firsts', 1) });
});

afterEach(async () => {
  expect(await brokenInvariants(store.db)).toEqual([]);
});

const fresh = (): Promise<{ id: string }> => gridhold.store(randomBytes(20));
const exists = async (id: string): Promise<boolean> => (await gridhold.file(id)) !== null;
const tally = (): Map<string, number> => new Map();
const count = (outcomes: Map<string, number>, outcome: string): void => {
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
};

/** Twenty files, a sweep that finds all of them due, and for each something that keeps it, at some point of the sweep. */
async function raceSweep(
  rounds: number,
  keepIt: (id: string, name: string) => Promise<unknown>,
): Promise<Map<string, number>> {
  const outcomes = tally();
  // As long as the sweep of a round took last, so that the others fall all over it.
  let sweepMs = 100;
  for (let round = 0; round < rounds; round++) {
    // Some share their bytes, so that the count of a blob is fought over as well.
    const bytes = randomBytes(20);
    const files = await Promise.all(
      Array.from({ length: 20 }, (_, number) => (number % 4 === 0 ? gridhold.store(bytes) : fresh())),
    );
    await pause(2);
    const startedAt = performance.now();
    const sweeping = rival.sweep({ unreferencedTtlMs: 0, chunkDelayMs: 0 }).then((report) => {
      sweepMs = performance.now() - startedAt;
      return new Set(report.files.map(({ id }) => id));
    });
    const keeping = files.map(async ({ id }, number) => {
      await pause(randomInt(Math.ceil(sweepMs)));
      return await codeOf(keepIt(id, `${round}.${number}`));
    });
    const [collected, ...kept] = [await sweeping, ...(await Promise.all(keeping))];
    for (const [number, { id }] of files.entries()) {
      const outcome = kept[number] ?? '';
      expect([outcome, collected.has(id), await exists(id)]).toEqual(
        outcome === 'OK' ? ['OK', false, true] : ['FILE_NOT_FOUND', true, false],
      );
      count(outcomes, outcome);
    }
  }
  expect(outcomes.get('OK')).toBeGreaterThan(0);
  expect(outcomes.get('FILE_NOT_FOUND')).toBeGreaterThan(0);
  return outcomes;
}

test('of an attach and a sweep exactly one wins, in 500 rounds', { timeout: 300_000 }, async () => {
  const outcomes = await raceSweep(25, (fileId, name) =>
    gridhold.attach({ fileId, document: documentOf('rounds', name) }),
  );
  expect([...outcomes.values()].reduce((sum, times) => sum + times)).toBe(500);
});

test('of keeping a file and a sweep exactly one wins, too', async () => {
  await raceSweep(5, (id) => gridhold.useCases.updateFile(id, { keep: true }, app));
});

describe('eight clients that attach the same thing at once', () => {
  let clients: Gridhold[];
  beforeAll(async () => {
    clients = await Promise.all(Array.from({ length: 8 }, () => store.another()));
  });

  test('make one attachment, and each is told its ID', async () => {
    for (let round = 0; round < 25; round++) {
      const { id } = await fresh();
      const input = { fileId: id, document: documentOf('eight', round), field: 'photo' };
      const attachments = await Promise.all(clients.map((client) => client.attach(input)));
      expect(new Set(attachments.map((attachment) => attachment.id)).size).toBe(1);
      expect(await store.db.collection('attachments').countDocuments({ fileId: id })).toBe(1);
      expect((await gridhold.file(id))?.refCount).toBe(1);
    }
  });

  test('in transactions of their own, too', async () => {
    for (let round = 0; round < 10; round++) {
      const { id } = await fresh();
      const input = { fileId: id, document: documentOf('eight-sessions', round) };
      await Promise.all(
        clients.map(() =>
          store.client.withSession((session) =>
            session.withTransaction(async () => {
              await gridhold.attach(input, { session });
            }),
          ),
        ),
      );
      expect((await gridhold.file(id))?.refCount).toBe(1);
    }
  });
});

test('a delete and an attach: either the file is gone, or it is in use', async () => {
  const outcomes = tally();
  for (let round = 0; round < 80; round++) {
    const { id } = await fresh();
    const [deleted, attached] = await Promise.all([
      pause(randomInt(12)).then(() => codeOf(rival.delete({ id }))),
      pause(randomInt(12)).then(() =>
        codeOf(gridhold.attach({ fileId: id, document: documentOf('deleted', round) })),
      ),
    ]);
    expect(['OK,FILE_NOT_FOUND', 'FILE_IN_USE,OK']).toContain(`${deleted},${attached}`);
    expect(await exists(id)).toBe(attached === 'OK');
    count(outcomes, attached);
  }
  expect([...outcomes.keys()].sort()).toEqual(['FILE_NOT_FOUND', 'OK']);
});

test('a forced delete and an attach leave no hold on nothing', async () => {
  const outcomes = tally();
  for (let round = 0; round < 60; round++) {
    const { id } = await fresh();
    await gridhold.attach({ fileId: id, document: documentOf('forced', round) });
    const [deleted, attached] = await Promise.all([
      pause(randomInt(12)).then(() => codeOf(rival.delete({ id, force: true }))),
      pause(randomInt(12)).then(() =>
        codeOf(gridhold.attach({ fileId: id, document: documentOf('late', round) })),
      ),
    ]);
    expect(deleted).toBe('OK');
    expect(await exists(id)).toBe(false);
    expect(await store.db.collection('attachments').countDocuments({ fileId: id })).toBe(0);
    count(outcomes, attached);
  }
  expect([...outcomes.keys()].sort()).toEqual(['FILE_NOT_FOUND', 'OK']);
});

test("one document's last detach and another's attach leave one hold", async () => {
  for (let round = 0; round < 60; round++) {
    const { id } = await fresh();
    await gridhold.attach({ fileId: id, document: documentOf('old', round) });
    const [detached] = await Promise.all([
      pause(randomInt(6)).then(() => rival.detach({ fileId: id, document: documentOf('old', round) })),
      pause(randomInt(6)).then(() => gridhold.attach({ fileId: id, document: documentOf('new', round) })),
    ]);
    expect(detached.detached).toBe(true);
    expect(await gridhold.file(id)).toMatchObject({ refCount: 1, expiresAt: null });
  }
});

test('the last detach, an attach to the same field and a sweep: held and there, or neither', async () => {
  const outcomes = tally();
  for (let round = 0; round < 80; round++) {
    const { id } = await fresh();
    const hold = { fileId: id, document: documentOf('same', round) };
    await gridhold.attach(hold);
    const [, , attached] = await Promise.all([
      rival.detach(hold),
      pause(randomInt(8)).then(() => rival.sweep({ unreferencedTtlMs: 0 })),
      pause(randomInt(20)).then(() => codeOf(gridhold.attach(hold))),
    ]);
    const held = await store.db.collection('attachments').countDocuments({ fileId: id });
    const file = await gridhold.file(id);
    expect(file?.refCount ?? 0).toBe(held);
    if (attached !== 'OK') expect([attached, file]).toEqual(['FILE_NOT_FOUND', null]);
    count(outcomes, `${held === 1 ? 'held' : 'let go'}, ${file ? 'there' : 'collected'}`);
  }
  expect(outcomes.get('held, there')).toBeGreaterThan(0);
  expect(outcomes.get('let go, collected')).toBeGreaterThan(0);
  expect(outcomes.has('held, collected')).toBe(false);
});
