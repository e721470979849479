/**
 * The claim in another language, while a sweep runs on that collects at once what nothing holds: message and hold are
 * both there or both not, killed at any command or aborted, and no file is collected under a hold.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Db, ObjectId } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gridhold } from '../src/gridhold.ts';
import { eachCommand, type Outcome, phases } from './children/crash-children.ts';
import { type ForeignApps, openForeignApps } from './python/foreign-apps.ts';
import { openPythonEnvironment } from './python/python-environment.ts';
import { brokenInvariants } from './support/invariants.ts';

let apps: ForeignApps;
let gridhold: Gridhold;
let db: Db;
let isOver = false;
let sweeping: Promise<number>;

const python = await openPythonEnvironment();
if (python.missing) it.skip(`From PyMongo: ${python.missing}`);

describe.skipIf(python.missing)('PyMongo beside a sweep that runs on:', () => {
  beforeAll(async () => {
    apps = await openForeignApps(python.program ?? '');
    ({ gridhold, db } = apps);
    sweeping = sweepOn(() => isOver);
  });

  afterAll(async () => {
    isOver = true;
    expect(await sweeping).toBeGreaterThan(0);
    expect(await brokenInvariants(db)).toEqual([]);
    await apps.close();
  });

  /** Stores a file and posts a message with it, again with another one where a sweep was there first. */
  const post = async (task: string, order: (input: object) => Promise<Outcome>) => {
    for (let attempt = 0; attempt < 50; attempt++) {
      const { id: fileId } = await gridhold.store(randomBytes(500));
      const messageId = new ObjectId().toHexString();
      const outcome = await order({ messageId, fileId });
      if (!('failed' in outcome && outcome.failed === 'FileMissing')) return { outcome, messageId, fileId };
      expect(await apps.stateOf(messageId, fileId), task).toBe('neither');
    }
    throw new Error('A sweep was first fifty times');
  };
  const isCommitted = (outcome: Outcome): boolean =>
    !('struck' in outcome) || outcome.struck === 'succeeded commitTransaction';

  it.each(['post', 'post_again'])(
    '%s killed at any command writes message and hold or neither',
    async (task) => {
      for (const phase of phases) {
        await eachCommand(phase, async (strike) => {
          const { outcome, messageId, fileId } = await post(task, (input) => apps.order(task, input, strike));
          expect(await apps.stateOf(messageId, fileId), JSON.stringify(outcome)).toBe(
            isCommitted(outcome) ? 'both' : 'neither',
          );
          return outcome;
        });
      }
    },
  );

  it('a repeat killed at any command leaves message and hold', async () => {
    for (const phase of phases) {
      await eachCommand(phase, async (strike) => {
        const { messageId, fileId } = await post('post', (input) => apps.order('post', input));
        const outcome = await apps.order('post_again', { messageId, fileId }, strike);
        expect(await apps.stateOf(messageId, fileId)).toBe('both');
        return outcome;
      });
    }
  });

  it('delete killed at any command removes message and hold or neither', async () => {
    for (const phase of phases) {
      await eachCommand(phase, async (strike) => {
        const { messageId, fileId } = await post('post', (input) => apps.order('post', input));
        const outcome = await apps.order('delete', { messageId }, strike);
        expect(await apps.stateOf(messageId, fileId), JSON.stringify(outcome)).toBe(
          isCommitted(outcome) ? 'neither' : 'both',
        );
        return outcome;
      });
    }
  });

  it('an aborted post and an aborted delete write nothing', async () => {
    for (let round = 0; round < 20; round++) {
      const { id } = await gridhold.store(randomBytes(500));
      const aborted = await apps.order('post_and_abort', { messageId: `aborted ${round}`, fileId: id });
      expect(['Deliberate', 'FileMissing']).toContain('failed' in aborted ? aborted.failed : aborted);
      expect(await apps.stateOf(`aborted ${round}`, id)).toBe('neither');
      const { messageId, fileId } = await post('post', (input) => apps.order('post', input));
      const kept = await apps.order('delete_and_abort', { messageId, fileId });
      expect(kept).toMatchObject({ failed: 'Deliberate' });
      expect(await apps.stateOf(messageId, fileId)).toBe('both');
    }
  });

  it('three apps and the library attach and let go, and no file is collected under a hold', async () => {
    const seen = { posted: 0, tooLate: 0 };
    const app = async (): Promise<void> => {
      for (let round = 0; round < 40; round++) {
        const { id: fileId } = await gridhold.store(randomBytes(500));
        const messageId = new ObjectId().toHexString();
        await delay(Math.random() * 10);
        const rival = round % 2 === 0 ? Promise.resolve() : holdAndLetGo(fileId);
        const outcome = await apps.order('post', { messageId, fileId });
        const isPosted = 'done' in outcome;
        seen[isPosted ? 'posted' : 'tooLate'] += 1;
        if (!isPosted) expect(outcome).toMatchObject({ failed: 'FileMissing' });
        expect(await apps.stateOf(messageId, fileId)).toBe(isPosted ? 'both' : 'neither');
        await rival;
        expect(await apps.stateOf(messageId, fileId)).toBe(isPosted ? 'both' : 'neither');
        if (round % 3 === 0) continue;
        await apps.tell('delete', { messageId });
        expect(await apps.stateOf(messageId, fileId)).toBe('neither');
      }
    };
    await Promise.all([app(), app(), app()]);
    expect(seen.posted).toBeGreaterThan(0);
    expect(seen.tooLate).toBeGreaterThan(0);
    for await (const { fileId } of db.collection('attachments').find()) {
      expect(await gridhold.file(fileId)).not.toBeNull();
    }
  });
});

/** @returns how many files it has collected */
async function sweepOn(isOver: () => boolean): Promise<number> {
  let collected = 0;
  while (!isOver()) {
    const { files } = await gridhold.sweep({ unreferencedTtlMs: 0, chunkDelayMs: 0 });
    collected += files.length;
    await delay(5);
  }
  return collected;
}

/** The library, on the same file for another document. It may be too late, too. */
async function holdAndLetGo(fileId: string): Promise<void> {
  const document = { collection: 'likes', documentId: new ObjectId().toHexString() };
  try {
    await gridhold.attach({ fileId, document });
  } catch (error) {
    expect(error).toMatchObject({ code: 'FILE_NOT_FOUND' });
    return;
  }
  expect(await gridhold.file(fileId)).not.toBeNull();
  await gridhold.detachDocument({ document });
}
