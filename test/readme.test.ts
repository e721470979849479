/** README's tables say what the program does: settings and errors. The first screen is executed in first-screen.test.ts. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { settingKeys } from '../src/config/setting-keys.ts';
import { errorCodes, graphqlCodes } from '../src/errors/codes.ts';

const readme = readFileSync(resolve(import.meta.dirname, '../README.md'), 'utf8');

const rowsUnder = (heading: string): string[] => {
  const [, section = ''] = readme.split(`### ${heading}\n`);
  const [body = ''] = section.split('\n### ');
  return body.split('\n').filter((line) => line.startsWith('| `'));
};

describe('README', () => {
  it('lists every setting, its default and what it does, and no other', () => {
    const rows = settingKeys.map(
      ({ key, default: value, otherwise, description }) =>
        `| \`${key}\` | ${value === null ? otherwise : `\`${value}\``} | ${description} |`,
    );
    expect(rowsUnder('Settings')).toEqual(rows);
  });

  it('lists every error with its status, those of GraphQL documents too, and no other', () => {
    const rows = Object.entries({ ...errorCodes, ...graphqlCodes }).map(
      ([code, { status, retryable, title }]) =>
        `| \`${code}\` | ${status} | ${retryable ? 'yes' : 'no'} | ${title} |`,
    );
    expect(rowsUnder('Errors')).toEqual(rows);
  });

  it('shows of the examples what stands there', () => {
    const linesOf = (text: string): string =>
      text
        .split('\n')
        .map((line) => line.trim())
        .join('\n');
    const blocks = [...readme.matchAll(/<!-- (examples\/\S+) -->\n```ts\n(.*?)\n```/gs)];
    expect(blocks).toHaveLength(3);
    for (const [, path = '', block = ''] of blocks) {
      const file = linesOf(readFileSync(resolve(import.meta.dirname, '..', path), 'utf8'));
      for (const piece of block.split('\n// …\n')) expect(file, path).toContain(linesOf(piece));
    }
  });

  it('shows pictures that are there', () => {
    for (const [, path = ''] of readme.matchAll(/!\[[^\]]+\]\((\S+)\)/g)) {
      expect(existsSync(resolve(import.meta.dirname, '..', path)), path).toBe(true);
    }
  });
});
