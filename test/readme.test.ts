/** README's tables say what the program does: settings and errors. The first screen is executed in first-screen.test.ts. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { settingKeys } from '../src/config/setting-keys.ts';
import { errorCodes } from '../src/errors/codes.ts';

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

  it('lists every error with its status, and no other', () => {
    const rows = Object.entries(errorCodes).map(
      ([code, { status, retryable, title }]) =>
        `| \`${code}\` | ${status} | ${retryable ? 'yes' : 'no'} | ${title} |`,
    );
    expect(rowsUnder('Errors')).toEqual(rows);
  });
});
