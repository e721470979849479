/** When collecting began: written once, by the first attach of ours or by a sweep that sees an attachment. */
import { inSession, type Scope } from './transaction.ts';

export async function readCollectingSince(scope: Scope): Promise<Date | null> {
  const marker = await scope.in.marker.findOne({ _id: 'gridhold' }, inSession(scope));
  return marker?.collectingSince ?? null;
}

export async function writeCollectingSince(scope: Scope): Promise<void> {
  await scope.in.marker.updateOne(
    { _id: 'gridhold', collectingSince: { $exists: false } },
    { $currentDate: { collectingSince: true } },
    inSession(scope),
  );
}
