/** Every promise of SECURITY.md names a test: it must be there under that name. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repository } from './support/service.ts';

const page = readFileSync(join(repository, 'SECURITY.md'), 'utf8');
const rows = [...page.matchAll(/^\| (.+) \| ([a-z-]+) \| (.+) \|$/gm)]
  .map(([, promise = '', file = '', name = '']) => ({ promise, file, name }))
  .filter(({ file }) => file !== 'test');

test('every promise of SECURITY.md is shown by a test of the name that it gives', () => {
  expect(rows.length).toBeGreaterThan(40);
  const missing = rows.filter(({ file, name }) => {
    const path = join(repository, 'test', `${file}.test.ts`);
    // As it stands in the source, where an apostrophe may be escaped.
    return !existsSync(path) || !readFileSync(path, 'utf8').replaceAll("\\'", "'").includes(name);
  });
  expect(missing).toEqual([]);
});
