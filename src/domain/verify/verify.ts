/**
 * `gridhold verify`: proves the invariants 1 to 5 of a store that is in use. Three walks, one after another, each in
 * pages of bounded size: files with their attachments, blobs with their files, chunks with their blobs and leases. A
 * page only suggests; what is claimed is seen again in a snapshot transaction of its own before it is a finding.
 *
 * It writes nothing, unless it is to repair, but for one thing: a damaged blob leaves the SHA-256 index, so that the next
 * equal upload becomes live beside it. Dies anywhere: it can be repeated, or resumed at the position that it had.
 */
import { countRecords } from '../../storage/inspect/count-records.ts';
import type { DomainContext } from '../context.ts';
import { blobsWithFiles } from './blobs-with-files.ts';
import { chunksWithOwners } from './chunks-with-owners.ts';
import type { Claim, ClaimPage, Finding, Looked, VerifyOptions, VerifyRun, Walk } from './contract.ts';
import { filesWithHolds } from './files-with-holds.ts';
import { decide, inSnapshot, patiently } from './patience.ts';
import { formatPosition, type Position, parsePosition } from './position.ts';

const walks: readonly Walk[] = [filesWithHolds, blobsWithFiles, chunksWithOwners];

/** @throws BAD_USER_INPUT, STORAGE_UNAVAILABLE, or the signal's reason */
export async function* verify(
  context: DomainContext,
  options: VerifyOptions = {},
): AsyncGenerator<Finding, void, void> {
  const { deep = false, repair = false, signal } = options;
  const run: VerifyRun = { context, deep, repair, signal };
  const start: Position =
    options.resume === undefined ? { walk: 1, from: null } : parsePosition(options.resume);
  const report = await reporter(run, options, start);
  for (const [place, walk] of walks.entries()) {
    if (walk.number < start.walk) continue;
    let from = walk.number === start.walk ? start.from : null;
    do {
      const page: ClaimPage = await patiently(run, () => walk.readPage(run, from));
      for await (const claim of page.claims()) {
        const finding = await judge(run, claim, options);
        if (finding) yield finding;
      }
      from = page.next;
      const following = walks[place + 1];
      report(page.looked, from ? { walk: walk.number, from } : following && { walk: following.number, from });
    } while (from);
  }
}

async function judge(run: VerifyRun, claim: Claim, options: VerifyOptions): Promise<Finding | null> {
  const { rule, id } = claim;
  const decided = await decide(run, async () => {
    const wrong = await inSnapshot(run, (scope) => claim.check(scope));
    return wrong && claim.look ? await claim.look(wrong) : wrong;
  });
  if ('undecided' in decided) {
    options.onUndecided?.({ rule, id, reason: decided.undecided });
    return null;
  }
  if (!decided.value) return null;
  const finding = { rule, id, ...decided.value };
  if (!run.repair) return finding;
  if (!finding.fixable) return { ...finding, repaired: false, repair: 'nothing was done' };
  const mended = await decide(run, () => claim.repair());
  if ('value' in mended) return { ...finding, ...mended.value };
  return { ...finding, repaired: false, repair: `not ended: ${mended.undecided}; repair again` };
}

type Report = (looked: Partial<Looked>, next: Position | undefined) => void;

async function reporter(run: VerifyRun, options: VerifyOptions, start: Position): Promise<Report> {
  const { onProgress } = options;
  if (!onProgress) return () => undefined;
  const counts = await patiently(run, () => countRecords(run.context.store));
  const total = counts.files + counts.attachments + counts.blobs + counts.chunks;
  let done = 0;
  if (start.walk > 1) done += counts.files + counts.attachments;
  if (start.walk > 3) done += counts.blobs;
  let looked: Looked = { files: 0, attachments: 0, blobs: 0, chunks: 0 };
  onProgress({ position: formatPosition(start), done, total: Math.max(total, done), looked });
  return (page, next) => {
    const { files = 0, attachments = 0, blobs = 0, chunks = 0 } = page;
    done += files + attachments + blobs + chunks;
    looked = {
      files: looked.files + files,
      attachments: looked.attachments + attachments,
      blobs: looked.blobs + blobs,
      chunks: looked.chunks + chunks,
    };
    onProgress({ position: next ? formatPosition(next) : null, done, total: Math.max(total, done), looked });
  };
}
