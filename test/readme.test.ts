/** README's tables say what the program does: settings, errors and the command. The first screen is executed in first-screen.test.ts. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { settingKeys } from '../src/config/setting-keys.ts';
import { errorCodes, graphqlCodes } from '../src/errors/codes.ts';
import { runCommand } from './support/run-command.ts';

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

  it('lists every command and option that --help knows, and no other', async () => {
    let command = '';
    const listed = rowsUnder('Command').flatMap((row) => {
      const [, first = ''] = /^\| `(.*?)` \|/.exec(row) ?? [];
      const [, named] = /^gridhold ([a-z]+(?: [a-z]+)*)/.exec(first) ?? [];
      if (named !== undefined) {
        command = named;
        return [named];
      }
      return [...first.matchAll(/--[a-z-]+/g)].map(([option]) => `${command} ${option}`);
    });
    expect(listed.sort()).toEqual((await helped([])).sort());
  });

  it('names for older Nodes the versions that Gridhold itself is tested with', () => {
    const [, block = ''] = /<!-- overrides -->\n```json\n(.*?)\n```/s.exec(readme) ?? [];
    const { overrides }: { overrides: object } = JSON.parse(block);
    expect(Object.keys(overrides)).toHaveLength(2);
    expect(JSON.parse(readFileSync(resolve(import.meta.dirname, '../package.json'), 'utf8'))).toMatchObject({
      overrides,
    });
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

/** `put`, `put --json`, … below one command; of a group of commands, those in it. */
async function helped(path: readonly string[]): Promise<string[]> {
  const { stdout } = await runCommand([...path, '--help']);
  const [options = '', commands = ''] = stdout.split('\nCommands:\n');
  const below = [...commands.matchAll(/^ {2}([a-z]+)/gm)].map(([, name = '']) => name);
  const deeper = below.filter((name) => name !== 'help').map((name) => helped([...path, name]));
  if (deeper.length > 0) return (await Promise.all(deeper)).flat();
  const flags = [...options.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, flag = '']) => flag);
  const own = flags.filter((flag) => flag !== '--help');
  return [path.join(' '), ...own.map((flag) => `${path.join(' ')} ${flag}`)];
}
