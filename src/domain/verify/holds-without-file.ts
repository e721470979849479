/**
 * Rule 2: every attachment's file exists. Repair removes the attachment, in a transaction that finds once more that the
 * file is not there. IDs of files never return, so nobody can make it again in between.
 */
import {
  type Hold,
  type HoldPage,
  holdsOn,
  readFileState,
  readHold,
  removeHold,
} from '../../storage/inspect/holds.ts';
import { type RecordKey, showKey, showValue } from '../../storage/inspect/record-keys.ts';
import type { Scope } from '../../storage/transaction.ts';
import type { Claim, VerifyRun } from './contract.ts';
import { inSnapshot, patiently } from './patience.ts';

const holdsPerPage = 1_000;

/** One for each attachment that names a file that is not there. */
export async function* claimsOfHoldsOn(
  run: VerifyRun,
  fileKey: RecordKey,
): AsyncGenerator<Claim, void, void> {
  let from: readonly unknown[] | null = null;
  do {
    // Stopped here, the next run would tell of the same ones again: so only where there are very many.
    if (from) run.signal?.throwIfAborted();
    const page: HoldPage = await patiently({ signal: undefined }, () =>
      holdsOn(run.context.store, fileKey, from, holdsPerPage),
    );
    for (const hold of page.holds) yield claimOfHold(run, hold);
    from = page.next;
  } while (from);
}

function claimOfHold(run: VerifyRun, { key }: Hold): Claim {
  return {
    rule: 2,
    id: showKey(key),
    async check(scope) {
      const hold = await readHoldWithoutFile(scope, key);
      return hold && { detail: `there is no file ${describeHold(hold)}`, fixable: true };
    },
    repair: () =>
      inSnapshot(run, async (scope) => {
        const hold = await readHoldWithoutFile(scope, key);
        if (!hold) return { repaired: true, repair: 'it was gone meanwhile' };
        await removeHold(scope, key);
        return { repaired: true, repair: `removed: ${describeHold(hold)}` };
      }),
  };
}

async function readHoldWithoutFile(scope: Scope, key: RecordKey): Promise<Hold | null> {
  const hold = await readHold(scope, key);
  return hold && !(await readFileState(scope, hold.fileKey)) ? hold : null;
}

function describeHold({ fileKey, collection, documentId, field }: Hold): string {
  const holder = [collection, documentId, field].map(showValue);
  return `${showKey(fileKey)}, held by collection ${holder[0]}, documentId ${holder[1]}, field ${holder[2]}`;
}
