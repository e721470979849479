/**
 * Files, attachments, documents, upload URLs and time: random commands, and after each the store is what a model of it
 * says, in everything that can be seen, with every invariant kept. How to run it for long, and a failure again, stands
 * in CONTRIBUTING.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { passTime, sweep } from './support/model/collecting.ts';
import {
  attach,
  deleteFile,
  detach,
  detachDocument,
  setDocumentFiles,
  transaction,
  updateFile,
} from './support/model/holding.ts';
import { commandOf } from './support/model/operation.ts';
import { Real } from './support/model/real.ts';
import { chunkDelayHours, newModel, ttlHours } from './support/model/state.ts';
import { dieWriting, generateUploadUrl, store, upload } from './support/model/storing.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { emptyStore } from './support/use-case-input.ts';

const hourMs = 3_600_000;
const runs = Number(process.env['MODEL_RUNS'] ?? 80);
/** As a failure prints them. */
const { MODEL_SEED: seed, MODEL_PATH: path, MODEL_REPLAY: replayPath } = process.env;
const replayed = { ...(seed ? { seed: Number(seed) } : {}), ...(path ? { path, endOnFailure: true } : {}) };

/** One that collects already: when that begins is rules-keep's. */
async function openCollectingStore(): Promise<TestGridhold> {
  const opened = await openTestGridhold({
    unreferencedTtlMs: ttlHours * hourMs,
    chunkDelayMs: chunkDelayHours * hourMs,
    defaultVisibility: 'PUBLIC',
  });
  await opened.db.collection('gridhold').updateOne({}, { $set: { collectingSince: new Date(0) } });
  return opened;
}

test('a store is what its model says, whatever is done to it', {
  timeout: 60_000 + runs * 10_000,
}, async () => {
  const opened = await openCollectingStore();
  let commandsRun = 0;
  const beginning = fc.tuple(commandOf(store), commandOf(store), commandOf(generateUploadUrl));
  const commands = fc.commands(
    [
      commandOf(store),
      commandOf(store),
      commandOf(generateUploadUrl),
      commandOf(upload),
      commandOf(upload),
      commandOf(dieWriting),
      commandOf(attach),
      commandOf(attach),
      commandOf(detach),
      commandOf(setDocumentFiles),
      commandOf(detachDocument),
      commandOf(updateFile),
      commandOf(deleteFile),
      commandOf(transaction),
      commandOf(passTime),
      commandOf(passTime),
      commandOf(sweep),
      commandOf(sweep),
      commandOf(sweep),
    ],
    { maxCommands: 30, size: 'max', ...(replayPath ? { replayPath } : {}) },
  );
  await fc.assert(
    fc.asyncProperty(beginning, commands, async (first, sequence) => {
      await emptyStore(opened.db);
      const [model, real] = [newModel(), new Real(opened)];
      for (const command of first) await command.run(model, real);
      await fc.asyncModelRun(() => ({ model, real }), sequence);
      commandsRun += [...sequence].length;
      for await (const finding of opened.gridhold.verify({ deep: true })) expect.unreachable(finding.detail);
    }),
    { numRuns: runs, ...replayed },
  );
  expect(commandsRun).toBeGreaterThan(0);
});
