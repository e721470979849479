/** crash-child.mjs in one file: it is started anew for every command that it dies at. Bundled once for a test file. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { bundleProgram } from '../support/bundle-program.ts';

const directories: string[] = [];
// At the top of the module: registered inside a hook or a test it would not run.
afterAll(async () => {
  for (const directory of directories) await rm(directory, { recursive: true, force: true });
});

/** @returns its path; it goes with the test file */
export async function crashProgram(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'gridhold-crash-'));
  directories.push(directory);
  return await bundleProgram('test/children/crash-child.mjs', directory);
}
