/**
 * A writer that the system stops for longer than its lease, and a sweep that takes the lease meanwhile: the sweep wins,
 * or finalize does, and never both. The writer is a process of its own, stopped before each command of finalize.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { brokenInvariants } from './support/invariants.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';

const uploadLeaseTtlMs = 1_000;
/** What the service's own step may take, and room for a busy machine. */
const promptMs = 10_000;
let store: TestGridhold;
let writer: ChildProcess;

interface Answer {
  readonly ready?: boolean;
  readonly stopped?: boolean;
  /** `OK`, or the code of the error. */
  readonly ended?: string;
  readonly id?: string;
  /** Of those that failed: how much of what came after the stop was asked for, of ten pieces. */
  readonly laterPieces?: number;
  /** Those after the last byte, as `name collection`. */
  readonly commands?: readonly string[];
}

beforeAll(async () => {
  store = await openTestGridhold();
  const program = new URL('./children/storm-writer.mjs', import.meta.url);
  writer = fork(program, [inject('mongodbUri'), store.databaseName, String(uploadLeaseTtlMs)]);
  expect(await answer()).toEqual({ ready: true });
});

afterAll(() => {
  writer.kill('SIGKILL');
});

async function answer(): Promise<Answer> {
  const [message] = await once(writer, 'message');
  return message;
}

/** Stops it there until its lease has run out; `meanwhile` happens; then it goes on to its end. */
async function storeStopping(
  stopBefore: number | 'middle' | null,
  meanwhile: () => Promise<void>,
): Promise<Answer> {
  writer.send({ stopBefore });
  const first = await answer();
  if (!first.stopped) return first;
  await pause(uploadLeaseTtlMs * 1.2);
  await meanwhile();
  const end = answer();
  writer.kill('SIGCONT');
  return await end;
}

const leases = (): Promise<unknown[]> => store.db.collection('leases').find().toArray();
const runOut = (): Promise<unknown> =>
  store.db.collection('leases').updateMany({}, { $set: { until: new Date(0) } });
const chunks = (): Promise<number> => store.db.collection('blobs.chunks').countDocuments();

async function sweepPromptly(): Promise<void> {
  const startedAt = performance.now();
  await store.gridhold.sweep();
  expect(performance.now() - startedAt).toBeLessThan(promptMs);
}

/** The writer failed: nothing is left but chunks under an abandoned lease, and a minute later not even those. */
async function expectNothingLeft(): Promise<void> {
  expect(await leases()).toMatchObject([{ why: 'abandoned' }]);
  expect(await brokenInvariants(store.db)).toEqual([]);
  await store.gridhold.sweep();
  expect(await leases()).toMatchObject([{ why: 'abandoned' }]);
  await runOut();
  await store.gridhold.sweep();
  expect(await chunks()).toBe(0);
  expect(await store.db.collection('files').countDocuments()).toBe(0);
  expect(await leases()).toMatchObject([{ why: 'remembered' }]);
  await runOut();
  await store.gridhold.sweep();
  expect(await leases()).toEqual([]);
}

async function expectStored(id: string): Promise<void> {
  expect(await store.gridhold.file(id)).toMatchObject({ id });
  expect(await leases()).toEqual([]);
  expect(await brokenInvariants(store.db)).toEqual([]);
  await store.gridhold.delete({ id });
  await store.gridhold.sweep({ chunkDelayMs: 0 });
  expect([await chunks(), await leases()]).toEqual([0, []]);
}

test('a writer stopped while bytes still come loses to a sweep, and says so', async () => {
  const end = await storeStopping('middle', sweepPromptly);
  expect(end.ended).toBe('STORAGE_UNAVAILABLE');
  // It looks at its clock before it writes on: chunks under a lease that is not its own would be left.
  expect(end.laterPieces).toBeLessThan(4);
  await expectNothingLeft();
});

test('a writer that slept past its lease goes on where nobody took it', async () => {
  const end = await storeStopping('middle', async () => undefined);
  expect(end.ended).toBe('OK');
  await expectStored(end.id ?? '');
});

test('stopped before each command of finalize, the writer wins or the sweep does', {
  timeout: 120_000,
}, async () => {
  const unhindered = await storeStopping(null, async () => undefined);
  await expectStored(unhindered.id ?? '');
  const commands = unhindered.commands ?? [];
  const commit = commands.findIndex((command) => command.startsWith('commitTransaction'));
  expect(commit).toBeGreaterThan(0);
  const outcomes = new Map<string, string[]>();
  for (const [number, command] of commands.slice(0, commit + 1).entries()) {
    const end = await storeStopping(number, sweepPromptly);
    expect(['OK', 'STORAGE_UNAVAILABLE'], `${number}: ${command}`).toContain(end.ended);
    if (end.ended === 'OK') await expectStored(end.id ?? '');
    else await expectNothingLeft();
    outcomes.set(end.ended ?? '', [...(outcomes.get(end.ended ?? '') ?? []), command]);
  }
  // Before the transaction has written the lease the sweep takes it; afterwards it is the sweep that steps back.
  expect([...outcomes.keys()].sort()).toEqual(['OK', 'STORAGE_UNAVAILABLE']);
});
