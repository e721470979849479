/** `npm ci --ignore-scripts` is enough: nothing that is installed runs a program to become usable. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repository } from './support/service.ts';

interface LockedPackage {
  readonly hasInstallScript?: boolean;
  readonly dev?: boolean;
}

async function json<Shape>(name: string): Promise<Shape> {
  const read: Shape = JSON.parse(await readFile(join(repository, name), 'utf8'));
  return read;
}

it('no package but esbuild, which only builds tests and needs none, has an install script; nor do we', async () => {
  const { packages } = await json<{ packages: Record<string, LockedPackage> }>('package-lock.json');
  expect(Object.keys(packages).length).toBeGreaterThan(100);
  const withScripts = Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript);
  expect(withScripts.map(([path, { dev }]) => [path.split('node_modules/').at(-1), dev])).toEqual([
    ['esbuild', true],
  ]);
  const { scripts, allowScripts } = await json<{
    scripts: Record<string, string>;
    allowScripts: Record<string, boolean>;
  }>('package.json');
  expect(
    Object.keys(scripts).filter((name) => /^(?:pre|post)?(?:install|prepare)$|^dependencies$/.test(name)),
  ).toEqual([]);
  expect(allowScripts).toEqual({ esbuild: false });
});
