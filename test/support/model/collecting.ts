/** Commands of time: hours that pass, and sweeps. */
import fc from 'fast-check';
import type { Db } from 'mongodb';
import type { Operation } from './operation.ts';
import { holdTime } from './real.ts';
import { chunkDelayHours, type Model, type ModelLease, removeFile, ttlHours } from './state.ts';

const hourMs = 3_600_000;

/** The server's clock decides, and can't be moved: what is stored is moved back instead. */
export const passTime: Operation<{ readonly hours: number }> = {
  name: 'passTime',
  input: fc.record({ hours: fc.constantFrom(1, 1, 2, 24, 48) }),
  expected(model, { hours }) {
    model.hour += hours;
    return {};
  },
  async actual(real, { hours }) {
    const { db } = real.store;
    await Promise.all([
      moveBack(db, 'files', ['unreferencedSince'], hours),
      moveBack(db, 'leases', ['since', 'until', 'progressAt'], hours),
      moveBack(db, 'uploadUrls', ['expiresAt'], hours),
    ]);
    return {};
  },
};

async function moveBack(db: Db, collection: string, fields: readonly string[], hours: number): Promise<void> {
  const moved = fields.map((field) => [field, { $subtract: [`$${field}`, hours * hourMs] }]);
  const where = Object.fromEntries(fields.map((field) => [field, { $exists: true }]));
  await db.collection(collection).updateMany(where, [{ $set: Object.fromEntries(moved) }]);
}

interface SweepInput {
  /** Hours; null: as the settings say. */
  readonly ttl: number | 'never' | null;
  readonly chunkDelay: number | null;
  readonly dryRun: boolean;
}

/** Chunks that go at once have a pass of their own: leases that it made itself would be due in the same millisecond. */
const sweepInput: fc.Arbitrary<SweepInput> = fc.oneof(
  fc.record({
    ttl: fc.constantFrom(null, null, 0, 1, 24, 'never' as const),
    chunkDelay: fc.constantFrom(null, null, 1),
    dryRun: fc.constantFrom(false, false, true),
  }),
  fc.constant({ ttl: 'never' as const, chunkDelay: 0, dryRun: false }),
);

export const sweep: Operation<SweepInput> = {
  name: 'sweep',
  input: sweepInput,
  expected(model, { ttl, chunkDelay, dryRun }) {
    // What would be done is listed, and done to nobody.
    const swept = dryRun ? structuredClone(model) : model;
    const leases = swept.leases.filter((lease) => isDue(lease, model.hour, chunkDelay));
    const files = sweepFiles(swept, ttl ?? ttlHours, chunkDelay ?? chunkDelayHours);
    for (const lease of leases) step(swept, lease);
    const uploadUrls = sweepUploadUrls(swept);
    return { files, leases: leases.length, uploadUrls, skipped: 0, more: false };
  },
  async actual(real, { ttl, chunkDelay, dryRun }) {
    const { files, leases, uploadUrls, skipped, more } = await real.rules.sweep({
      ...(ttl === null ? {} : { unreferencedTtlMs: ttl === 'never' ? ttl : ttl * hourMs }),
      ...(chunkDelay === null ? {} : { chunkDelayMs: chunkDelay * hourMs }),
      dryRun,
    });
    await holdTime(real);
    const numbers = files.map(({ id }) => real.numberOf(id)).sort((one, other) => one - other);
    return { files: numbers, leases, uploadUrls, skipped, more };
  },
};

function sweepFiles(model: Model, ttl: number | 'never', chunkDelay: number): number[] {
  if (ttl === 'never') return [];
  const due = model.files.flatMap((file, number) =>
    file && file.since !== null && file.since + ttl <= model.hour ? [number] : [],
  );
  for (const number of due) removeFile(model, number, chunkDelay);
  return due;
}

function isDue({ why, since, until }: ModelLease, hour: number, chunkDelay: number | null): boolean {
  if (until <= hour) return true;
  return why === 'deleted' && chunkDelay !== null && since + chunkDelay <= hour;
}

/** One step a pass, so that whatever is late is seen once more. */
function step(model: Model, lease: ModelLease): void {
  if (lease.why === 'writing') {
    Object.assign(lease, { why: 'abandoned', since: model.hour, until: model.hour + 1 });
  } else if (lease.why === 'abandoned') {
    Object.assign(lease, { why: 'remembered', since: model.hour, until: model.hour + 24, chunks: 0 });
  } else {
    model.leases = model.leases.filter((other) => other !== lease);
  }
}

/** A day after their end; until then who lost an answer may repeat itself. */
function sweepUploadUrls(model: Model): number {
  const due = model.uploadUrls.flatMap((uploadUrl, number) =>
    uploadUrl && uploadUrl.expires + 24 <= model.hour && uploadUrl.lease?.why !== 'writing' ? [number] : [],
  );
  for (const number of due) model.uploadUrls[number] = null;
  return due.length;
}
