/** The walk of rule 3: blobs and the files on them, side by side in the order of the blobs' IDs. */
import { alignPage, side } from '../../storage/inspect/aligned-page.ts';
import { blobStatesIn, fileRunsIn } from '../../storage/inspect/blob-states.ts';
import { claimOfBlobCount, isCountWrong } from './blob-counts.ts';
import type { Claim, ClaimPage, VerifyRun, Walk } from './contract.ts';
import { claimOfMissingBlob } from './missing-blobs.ts';

const blobsPerPage = 1_000;
const filesPerPage = 2_000;

export const blobsWithFiles: Walk = {
  number: 3,
  async readPage(run: VerifyRun, from): Promise<ClaimPage> {
    const { store } = run.context;
    const blobs = side((range) => blobStatesIn(store, range, blobsPerPage));
    const files = side((range) => fileRunsIn(store, range, filesPerPage));
    const next = await alignPage(from, [blobs, files]);
    const counts = new Map(files.rows.map(({ key, count }) => [key.text, count]));
    const known = new Set(blobs.rows.map(({ key }) => key.text));
    async function* claims(): AsyncGenerator<Claim, void, void> {
      for (const blob of blobs.rows) {
        if (isCountWrong(blob, counts.get(blob.key.text) ?? 0)) yield claimOfBlobCount(run, blob.key);
      }
      for (const { key } of files.rows) {
        if (!known.has(key.text)) yield claimOfMissingBlob(run, key);
      }
    }
    return { claims, next, looked: { blobs: blobs.rows.length } };
  },
};
