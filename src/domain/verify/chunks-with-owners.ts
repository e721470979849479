/**
 * The walk of rules 4 and 5: chunks, the live blobs and the leases that they belong to, side by side in the order of
 * blobIds. A blob with more chunks than a page has is a page by itself, and read as it is looked at.
 */
import { alignPage, side } from '../../storage/inspect/aligned-page.ts';
import { type BlobState, blobStatesIn, leasesIn } from '../../storage/inspect/blob-states.ts';
import { type ChunkRun, chunkRowsOf, chunkRunsIn } from '../../storage/inspect/chunk-rows.ts';
import { claimOfDamage } from './blob-chunks.ts';
import type { Claim, ClaimPage, VerifyRun, Walk } from './contract.ts';
import { wrongHashes } from './hash-blobs.ts';
import { claimOfLiveLease } from './leased-blobs.ts';
import { claimOfOrphans } from './orphan-chunks.ts';
import { patiently } from './patience.ts';
import { type Defect, firstDefect } from './whole-blob.ts';

const recordsPerPage = 500;
/** MongoDB reads each to measure it: up to half a GiB a command. */
const chunksPerPage = 2_000;

export const chunksWithOwners: Walk = {
  number: 4,
  async readPage(run: VerifyRun, from): Promise<ClaimPage> {
    const { store } = run.context;
    const chunks = side((range) => chunkRunsIn(store, range, chunksPerPage));
    const blobs = side((range) => blobStatesIn(store, range, recordsPerPage));
    const leases = side((range) => leasesIn(store, range, recordsPerPage));
    const next = await alignPage(from, [blobs, leases, chunks]);
    const runs = new Map(chunks.rows.map((one) => [one.owner.text, one]));
    const live = new Set(blobs.rows.map(({ key }) => key.text));
    const leased = new Set(leases.rows.map(({ key }) => key.text));
    async function* claims(): AsyncGenerator<Claim, void, void> {
      const sound: BlobState[] = [];
      for (const blob of blobs.rows) {
        const defect = await defectOf(run, blob, runs.get(blob.key.text));
        if (defect) yield claimOfDamage(run, blob.key, defect);
        else sound.push(blob);
      }
      // What is off the index was found damaged once: it may be by its bytes alone, and then only their hash tells.
      const suspects = run.deep ? sound : sound.filter(({ indexedSha256 }) => indexedSha256 === null);
      for await (const { key, defect } of wrongHashes(run, suspects)) yield claimOfDamage(run, key, defect);
      for (const { key } of leases.rows) if (live.has(key.text)) yield claimOfLiveLease(run, key);
      for (const { owner } of chunks.rows) {
        if (!live.has(owner.text) && !leased.has(owner.text)) yield claimOfOrphans(run, owner);
      }
    }
    return { claims, next, looked: { chunks: chunks.rows.reduce((sum, { count }) => sum + count, 0) } };
  },
};

async function defectOf(
  run: VerifyRun,
  blob: BlobState,
  chunks: ChunkRun | undefined,
): Promise<Defect | null> {
  if (!chunks?.isCut) return await firstDefect(blob, chunks?.rows ?? []);
  return await patiently(run, () => firstDefect(blob, chunkRowsOf(run.context.store, blob.key, run.signal)));
}
