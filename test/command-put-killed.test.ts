/**
 * `gridhold put` dies while it stores. The same command with the same key then leaves one file and one hold, whatever
 * the first one had done; and what that had printed is there.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { bundleProgram } from './support/bundle-program.ts';
import { type CommandProxy, killAt, openCommandProxy } from './support/command-proxy.ts';
import { brokenInvariants } from './support/invariants.ts';
import { openTestGridhold, type TestGridhold } from './support/open-gridhold.ts';
import { runCommand, startCommand } from './support/run-command.ts';

/** Two chunks and one byte. */
const fileBytes = 522_241;
/** Beyond what a put takes: more would mean that it never ends. */
const mostCommands = 60;
/** Those before open the store; dbStats is the first of a put. */
const firstCommand = 17;
const directory = mkdtempSync(join(tmpdir(), 'gridhold-put-killed-'));
let store: TestGridhold;
/** The built command in one file: it is started some hundred times, and most of a start is reading modules. */
let program: string;

beforeAll(async () => {
  store = await openTestGridhold();
  program = await bundleProgram('dist/cli/main.js', join(directory, 'program'));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

const filesOf = (documentId: string): Promise<string[]> =>
  store.db.collection('attachments').distinct('fileId', { collection: 'posts', documentId });

interface Killed {
  /** What the command was in the middle of. Null: it got through. */
  readonly struck: string | null;
  /** Whether it had stored the file, and whether it had said so. */
  readonly isStored: boolean;
  readonly isTold: boolean;
}

async function putKilledAt(
  proxy: CommandProxy,
  point: { readonly phase: 'asked' | 'answered'; readonly index: number },
): Promise<Killed> {
  const documentId = `${point.phase}-${point.index}`;
  const path = join(directory, `${documentId}.bin`);
  const bytes = randomBytes(fileBytes);
  writeFileSync(path, bytes);
  const put = ['put', '--json', '--idempotency-key', documentId, '--attach-to', `posts/${documentId}`, path];
  const settings = { MONGODB_URI: inject('mongodbUri'), GRIDHOLD_DATABASE: store.databaseName };

  const first = startCommand(put, { ...settings, MONGODB_URI: proxy.uri }, program);
  const struck = await killAt(proxy, first.process, point, () => first.ended);
  const { stdout: printed } = await first.ended;
  const [before] = await filesOf(documentId);
  expect(await brokenInvariants(store.db), `killed at ${struck}`).toEqual([]);
  const idsIn = (text: string): unknown[] =>
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line).id);
  if (printed !== '') expect(idsIn(printed)).toEqual([before]);

  const second = await runCommand(put, settings, program);
  expect(second, `after ${struck}`).toMatchObject({ code: 0 });
  const held = await filesOf(documentId);
  expect(held).toEqual(idsIn(second.stdout));
  if (before !== undefined) expect(held).toEqual([before]);
  const { stream } = await store.gridhold.open(held[0] ?? '');
  expect(bytes.equals(Buffer.concat(await stream.toArray())), 'the bytes that were put').toBe(true);
  expect(await brokenInvariants(store.db)).toEqual([]);
  return { struck, isStored: before !== undefined, isTold: printed !== '' };
}

it.each(['asked', 'answered'] as const)(
  'A put that is killed when any command is %s is done once by its repeat',
  async (phase) => {
    const proxy = await openCommandProxy(inject('mongodbUri'), `put-${phase}`);
    const seen: Killed[] = [];
    for (let index = firstCommand; index <= mostCommands && seen.at(-1)?.struck !== null; index++) {
      seen.push(await putKilledAt(proxy, { phase, index }));
    }
    expect(seen.at(-1)).toEqual({ struck: null, isStored: true, isTold: true });
    expect(seen.filter(({ isStored }) => !isStored).length).toBeGreaterThan(5);
    const atCommit = seen.filter(({ struck }) => struck === 'commitTransaction');
    expect(atCommit.map(({ isStored }) => isStored)).toEqual([phase === 'answered']);
  },
  240_000,
);
