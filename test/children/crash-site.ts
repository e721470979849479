/**
 * A store in which processes die, and what comes after: a new instance, time that passes without anybody waiting for
 * it, sweeps, and the question what is left over.
 */
import type { Db, MongoClient } from 'mongodb';
import { expect, inject } from 'vitest';
import type { SweepOptions } from '../../src/domain/sweep-contract.ts';
import { createGridhold, type Gridhold } from '../../src/gridhold.ts';
import { brokenInvariants } from '../support/invariants.ts';
import { openTestGridhold } from '../support/open-gridhold.ts';
import { type Children, openChildren } from './crash-children.ts';
import { crashProgram } from './crash-program.ts';

export interface Content {
  readonly seed: string;
  readonly size: number;
}
/** As crash-tasks.mjs has it. */
export const bytesOf = ({ seed, size }: Content): Buffer => Buffer.alloc(size, seed);

export interface CrashSite {
  readonly client: MongoClient;
  readonly db: Db;
  /** They do what crash-tasks.mjs has. */
  readonly children: Children;
  /** A file that was acknowledged and is held before anything crashes; it must outlive everything. */
  readonly bystander: { readonly id: string; readonly content: Content };
  /** A new instance: what follows the death of a process. */
  restarted(): Promise<Gridhold>;
  letTimePass(milliseconds: number): Promise<void>;
  /**
   * Time passes and sweeps run, until every lease is as far as it goes within minutes.
   * @param collect with the files that nothing holds
   */
  settle(gridhold: Gridhold, collect?: boolean): Promise<void>;
  /** Nothing is left over but the bystander and `remembered` leases, and no invariant is broken. */
  expectNothingLeftOver(gridhold: Gridhold): Promise<void>;
  /** The same once days have passed: no lease and no upload URL either. */
  expectNothingLeftOverAfterDays(gridhold: Gridhold): Promise<void>;
}

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

export async function openCrashSite(content: Content): Promise<CrashSite> {
  const { gridhold, client, db, databaseName } = await openTestGridhold();
  const { id } = await gridhold.store(bytesOf(content));
  await gridhold.attach({ fileId: id, document: { collection: 'albums', documentId: 'bystander' } });

  const program = await crashProgram();
  const tasks = new URL('crash-tasks.mjs', import.meta.url).href;
  const children = openChildren(client, (name) => [
    process.execPath,
    program,
    tasks,
    inject('mongodbUri'),
    databaseName,
    databaseName,
    name,
  ]);

  const letTimePass = async (milliseconds: number): Promise<void> => {
    const earlier = (field: string) => ({ $subtract: [`$${field}`, milliseconds] });
    const shifts: Record<string, readonly string[]> = {
      leases: ['until', 'since', 'progressAt'],
      uploadUrls: ['expiresAt'],
      files: ['unreferencedSince'],
      gridhold: ['collectingSince'],
    };
    for (const [collection, fields] of Object.entries(shifts)) {
      const shifted = Object.fromEntries(fields.map((field) => [field, earlier(field)]));
      const there = Object.fromEntries(fields.map((field) => [field, { $exists: true }]));
      await db.collection(collection).updateMany(there, [{ $set: shifted }]);
    }
  };

  const settle = async (instance: Gridhold, collect = false): Promise<void> => {
    // One pass gives a lease up, the next one removes its chunks.
    for (let pass = 0; pass < 2; pass++) {
      await letTimePass(2 * minuteMs);
      await sweepAll(instance, { unreferencedTtlMs: collect ? 0 : 'never', chunkDelayMs: 0 });
    }
  };

  const expectNothingLeftOver = async (instance: Gridhold): Promise<void> => {
    expect(await brokenInvariants(db)).toEqual([]);
    expect(await db.collection<{ _id: string }>('files').distinct('_id')).toEqual([id]);
    expect(await db.collection('attachments').distinct('fileId')).toEqual([id]);
    expect(await db.collection('blobs.files').countDocuments()).toBe(1);
    expect(await db.collection('leases').countDocuments({ why: { $ne: 'remembered' } })).toBe(0);
    const { stream } = await instance.open(id);
    const pieces = await stream.toArray();
    expect(Buffer.concat(pieces).equals(bytesOf(content))).toBe(true);
  };

  return {
    client,
    db,
    children,
    bystander: { id, content },
    restarted: () =>
      createGridhold({
        client,
        database: databaseName,
        publicUrl: 'http://127.0.0.1:4000',
        sweepIntervalMs: 'off',
      }),
    letTimePass,
    settle,
    expectNothingLeftOver,
    async expectNothingLeftOverAfterDays(instance) {
      await letTimePass(3 * dayMs);
      await settle(instance, true);
      await expectNothingLeftOver(instance);
      expect(await db.collection('leases').countDocuments()).toBe(0);
      expect(await db.collection('uploadUrls').countDocuments()).toBe(0);
    },
  };
}

/** One pass, and on a machine too busy for its steps' two seconds another one. */
export async function sweepAll(gridhold: Gridhold, options: SweepOptions): Promise<void> {
  for (let pass = 0; pass < 5; pass++) {
    const { skipped, more } = await gridhold.sweep(options);
    if (skipped === 0 && !more) return;
  }
  throw new Error('Five sweeps, and something is in the way of each');
}
