/** docs/data-model.md, taken apart: what it says is what tests run and compare. */
import { readFile } from 'node:fs/promises';

export const page = await readFile(new URL('../../docs/data-model.md', import.meta.url), 'utf8');

export const neverStored = 'file_01h455vb4pex5vsknk084sn02q';

/** The first column of the table under the collection's heading. */
export function documentedFields(collection: string): string[] {
  const [, section = ''] = page.split(`### \`${collection}\`:`);
  const [table = ''] = section.split('\n### ');
  return [...table.matchAll(/^\| `(\w+)` +\|/gm)].map(([, name = '']) => name).sort();
}

export function codeOf(language: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, code = '']) => code,
  );
}
