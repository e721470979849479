/** What waits to be collected, counted by index and not beyond a bound: for watching, not for deciding. */
import type { LeaseState } from './records.ts';
import type { Scope } from './transaction.ts';

/** As many are counted: a gauge that shows it means so many or more. */
const mostCounted = 10_000;
const mostTimeMs = 1_000;

export async function countLeases(scope: Scope, why: LeaseState): Promise<number> {
  return await scope.in.leases.countDocuments({ why }, { limit: mostCounted, maxTimeMS: mostTimeMs });
}

export async function countDueFiles(scope: Scope, unreferencedBefore: Date): Promise<number> {
  return await scope.in.files.countDocuments(
    { unreferencedSince: { $lt: unreferencedBefore } },
    { limit: mostCounted, maxTimeMS: mostTimeMs },
  );
}
