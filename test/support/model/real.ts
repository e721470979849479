/** The real thing, spoken to in the model's words: places instead of IDs, and codes instead of errors. */
import { userCaller } from '../../../src/domain/callers.ts';
import type { Caller, UploadUrl } from '../../../src/domain/model.ts';
import type { UseCases } from '../../../src/domain/use-cases.ts';
import type { CallerSession } from '../../../src/storage/transaction.ts';
import type { TestGridhold } from '../open-gridhold.ts';
import { app } from '../use-case-input.ts';
import type { CallerName } from './state.ts';

export const callers: Readonly<Record<CallerName, Caller>> = {
  app,
  ann: userCaller('ann'),
  bob: userCaller('bob'),
};

const unknownFileId = 'file_00000000000000000000000000';

export class Real {
  readonly store: TestGridhold;
  readonly rules: UseCases;
  /** By the model's numbers. */
  readonly fileIds: string[] = [];
  readonly uploadUrls: UploadUrl[] = [];
  /** Set inside of a caller's transaction. */
  session: CallerSession | undefined;

  constructor(store: TestGridhold) {
    this.store = store;
    this.rules = store.gridhold.useCases;
  }

  idOf(file: number): string {
    return this.fileIds[file] ?? unknownFileId;
  }

  /** A file that was not seen before is the newest. */
  numberOf(id: string): number {
    const known = this.fileIds.indexOf(id);
    return known === -1 ? this.fileIds.push(id) - 1 : known;
  }
}

/**
 * Time passes by command only: the one minute that an abandoned lease waits is made an hour, or a machine that is busy
 * for so long would be a fault of the store.
 */
export async function holdTime({ store }: Real): Promise<void> {
  const [now, halfAnHour] = [Date.now(), 1_800_000];
  const soon = { $gt: new Date(now), $lt: new Date(now + 120_000) };
  await store.db
    .collection('leases')
    .updateMany({ why: 'abandoned', until: soon }, { $set: { until: new Date(now + halfAnHour) } });
}
