/**
 * Vitest's global setup of what starts examples by the dozen: each is built once for the run, its page and its server
 * with all that it imports in one file. From its sources a start takes five times the work. That the sources run too is
 * for `npm test` to show, which starts them as people do.
 */
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'vite';
import type { TestProject } from 'vitest/node';
import { buildPage, exampleNames } from '../../examples/build-page.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Has `<example>/server/main.js`; missing in runs that start examples from their sources. */
    builtExamples?: string;
  }
}

const repository = resolve(import.meta.dirname, '../..');

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'gridhold-examples-'));
  // chat-urql starts the command of the package of this name.
  await mkdir(join(directory, 'node_modules'));
  await symlink(repository, join(directory, 'node_modules/gridhold'));
  for (const name of exampleNames()) {
    // Where the server, built, looks for it.
    await buildPage(name, { outDir: join(directory, name, 'dist') });
    await buildServer(name, join(directory, name, 'server'));
  }
  project.provide('builtExamples', directory);
  return () => rm(directory, { recursive: true, force: true });
}

async function buildServer(name: string, outDir: string): Promise<void> {
  await build({
    configFile: false,
    root: repository,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: {
      ssr: join(repository, 'examples', name, 'server/main.ts'),
      outDir,
      emptyOutDir: false,
      target: 'node20',
      minify: false,
      rolldownOptions: { output: { entryFileNames: 'main.js' } },
    },
  });
}
