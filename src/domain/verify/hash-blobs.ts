/**
 * The deep look of rule 5: bytes that do not hash to what the record says. Small blobs are read together, a large one a
 * few chunks a command. A wrong hash is read a second time, by itself: a blob that is deleted meanwhile hashes wrongly.
 */
import type { BlobState } from '../../storage/inspect/blob-states.ts';
import { sha256OfBlobs } from '../../storage/inspect/chunk-rows.ts';
import type { RecordKey } from '../../storage/inspect/record-keys.ts';
import type { VerifyRun } from './contract.ts';
import { patiently } from './patience.ts';
import type { Defect } from './whole-blob.ts';

const bytesTogether = 4 * 1024 * 1024;
const blobsTogether = 200;

export async function* wrongHashes(
  run: VerifyRun,
  blobs: readonly BlobState[],
): AsyncGenerator<{ readonly key: RecordKey; readonly defect: Defect }, void, void> {
  for (const group of grouped(blobs)) {
    const hashes = await hashesOf(run, group);
    for (const { key, sha256 } of group) {
      if (sha256 === null || hashes.get(key.text) === sha256) continue;
      const hash = (await hashesOf(run, [{ key }])).get(key.text);
      if (hash !== sha256) yield { key, defect: { detail: `its bytes hash to ${hash}`, evidence: null } };
    }
  }
}

async function hashesOf(
  run: VerifyRun,
  blobs: readonly Pick<BlobState, 'key'>[],
): Promise<Map<string, string>> {
  const keys = blobs.map(({ key }) => key);
  return await patiently(run, () => sha256OfBlobs(run.context.store, keys, run.signal));
}

function* grouped(blobs: readonly BlobState[]): Generator<BlobState[], void, void> {
  let group: BlobState[] = [];
  let bytes = 0;
  for (const blob of blobs) {
    if (group.length > 0 && (bytes + blob.length > bytesTogether || group.length >= blobsTogether)) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(blob);
    bytes += blob.length;
  }
  if (group.length > 0) yield group;
}
