/**
 * Rule 1: `refCount` is the number of attachments, and `unreferencedSince` is there exactly while that is 0 and the file
 * is not kept. Repair counts anew in one transaction that writes the file: an attach, a detach or a sweep of the same
 * file conflicts with it, and one of the two is tried again. A time that is there stays as it is.
 */
import { countHolds, type FileState, readFileState, writeFileCount } from '../../storage/inspect/holds.ts';
import { type RecordKey, showKey, showValue } from '../../storage/inspect/record-keys.ts';
import type { Claim, Repaired, VerifyRun, Wrong } from './contract.ts';
import { inSnapshot } from './patience.ts';

export function whatIsWrongWith(file: FileState, holds: number): Wrong | null {
  if (file.keep === null) {
    return { detail: `keep is neither true nor false: ${showValue(file.raw.keep)}`, fixable: false };
  }
  const faults: string[] = [];
  if (file.refCount !== holds)
    faults.push(`refCount is ${showValue(file.raw.refCount)}, and ${attachments(holds)} it`);
  const isDue = holds === 0 && !file.keep;
  if (isDue && file.unreferencedSince !== 'date') {
    faults.push(
      `unreferencedSince is ${showValue(file.raw.unreferencedSince)}, and nothing holds or keeps it`,
    );
  }
  if (!isDue && file.unreferencedSince !== 'absent') {
    faults.push(`unreferencedSince is set, and ${holds > 0 ? `${attachments(holds)} it` : 'it is kept'}`);
  }
  return faults.length > 0 ? { detail: faults.join('; '), fixable: true } : null;
}

function attachments(count: number): string {
  return count === 1 ? '1 attachment holds' : `${count} attachments hold`;
}

export function claimOfCount(run: VerifyRun, key: RecordKey): Claim {
  return {
    rule: 1,
    id: showKey(key),
    async check(scope) {
      const file = await readFileState(scope, key);
      return file && whatIsWrongWith(file, await countHolds(scope, key));
    },
    repair: () => countAnew(run, key),
  };
}

async function countAnew(run: VerifyRun, key: RecordKey): Promise<Repaired> {
  return await inSnapshot(run, async (scope) => {
    const file = await readFileState(scope, key);
    const holds = await countHolds(scope, key);
    if (!file || !whatIsWrongWith(file, holds)) return { repaired: true, repair: 'it was right meanwhile' };
    const isDue = holds === 0 && !file.keep;
    const since = isDue ? (file.unreferencedSince === 'date' ? 'as it is' : 'now') : 'unset';
    await writeFileCount(scope, key, holds, since);
    const time = { now: ', unreferencedSince set to now', unset: '', 'as it is': '' }[since];
    const cleared =
      since === 'unset' && file.unreferencedSince !== 'absent' ? ', unreferencedSince removed' : time;
    return { repaired: true, repair: `counted anew: refCount ${holds}${cleared}` };
  });
}
