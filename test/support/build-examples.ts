/**
 * Vitest's global setup of what starts examples by the dozen: each is built once for the run, its page and its server
 * with all that it imports in one file. From its sources a start takes five times the work. That the sources run too is
 * for `npm test` to show, which starts them as people do.
 */
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestProject } from 'vitest/node';
import { buildPage, exampleNames } from '../../examples/build-page.ts';
import { bundleProgram } from './bundle-program.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Has `<example>/server/main.js`; missing in runs that start examples from their sources. */
    builtExamples?: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'gridhold-examples-'));
  // chat-urql starts the command of the package of this name.
  await mkdir(join(directory, 'node_modules'));
  await symlink(resolve(import.meta.dirname, '../..'), join(directory, 'node_modules/gridhold'));
  for (const name of exampleNames()) {
    // Where the server, built, looks for it.
    await buildPage(name, { outDir: join(directory, name, 'dist') });
    await bundleProgram(`examples/${name}/server/main.ts`, join(directory, name, 'server'));
  }
  project.provide('builtExamples', directory);
  return () => rm(directory, { recursive: true, force: true });
}
