/**
 * A program for node with all that it imports in one file: what is started by the hundred then starts in a fraction of
 * the work, most of which goes into finding and reading modules one by one. What it does is the same.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'vite';

const repository = resolve(import.meta.dirname, '../..');

/**
 * @param entry within the repository
 * @param outDir gets `main.js`; outside of the repository, what the program looks up by itself must be there too
 * @returns the program's path
 */
export async function bundleProgram(entry: string, outDir: string): Promise<string> {
  await mkdir(outDir, { recursive: true });
  await writeFile(join(outDir, 'package.json'), '{"type":"module"}');
  await build({
    configFile: false,
    root: repository,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: {
      ssr: join(repository, entry),
      outDir,
      emptyOutDir: false,
      target: 'node20',
      minify: false,
      rolldownOptions: { output: { entryFileNames: 'main.js' } },
    },
  });
  return join(outDir, 'main.js');
}
