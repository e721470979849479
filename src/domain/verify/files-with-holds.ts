/** The walk of rules 1 and 2: files and the attachments that name them, side by side in the order of the files' IDs. */
import { alignPage, side } from '../../storage/inspect/aligned-page.ts';
import { fileStatesIn, holdRunsIn } from '../../storage/inspect/holds.ts';
import type { Claim, ClaimPage, VerifyRun, Walk } from './contract.ts';
import { claimOfCount, whatIsWrongWith } from './file-counts.ts';
import { claimsOfHoldsOn } from './holds-without-file.ts';

const filesPerPage = 1_000;
const holdsPerPage = 2_000;

export const filesWithHolds: Walk = {
  number: 1,
  async readPage(run: VerifyRun, from): Promise<ClaimPage> {
    const { store } = run.context;
    const files = side((range) => fileStatesIn(store, range, filesPerPage));
    const holds = side((range) => holdRunsIn(store, range, holdsPerPage));
    const next = await alignPage(from, [files, holds]);
    const counts = new Map(holds.rows.map(({ key, count }) => [key.text, count]));
    const known = new Set(files.rows.map(({ key }) => key.text));
    async function* claims(): AsyncGenerator<Claim, void, void> {
      for (const file of files.rows) {
        if (whatIsWrongWith(file, counts.get(file.key.text) ?? 0)) yield claimOfCount(run, file.key);
      }
      for (const { key } of holds.rows) {
        if (!known.has(key.text)) yield* claimsOfHoldsOn(run, key);
      }
    }
    const attachments = holds.rows.reduce((sum, { count }) => sum + count, 0);
    return { claims, next, looked: { files: files.rows.length, attachments } };
  },
};
