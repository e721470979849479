/** Builds the page of an example: `examples/<name>/page` to `examples/<name>/dist`. */
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { build } from 'vite';

/** Folders with a server are examples; the others are what they share. */
export function exampleNames(): readonly string[] {
  return readdirSync(import.meta.dirname, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .filter((name) => readdirSync(resolve(import.meta.dirname, name)).includes('page'))
    .sort();
}

/**
 * @param options.define what stands for an identifier in the page, as in Vite's option of this name
 * @param options.outDir where to, if not to the example's `dist`
 */
export async function buildPage(
  name: string,
  options: { readonly define?: Readonly<Record<string, string>>; readonly outDir?: string } = {},
): Promise<void> {
  const root = resolve(import.meta.dirname, name, 'page');
  // Under a test runner it says `test`, and React would come with its checks for development.
  const before = process.env['NODE_ENV'];
  process.env['NODE_ENV'] = 'production';
  try {
    await build({
      configFile: false,
      root,
      base: './',
      plugins: [react()],
      define: { ...options.define },
      // Not emptied: a server that runs meanwhile goes on to show what it has. The names of assets tell their content.
      build: { outDir: options.outDir ?? resolve(root, '../dist'), emptyOutDir: false },
      logLevel: 'warn',
    });
  } finally {
    if (before === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = before;
  }
}
