/** What is told people and logs can't be written any more: their disk is full, or their reader has gone. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { repository } from './support/service.ts';

let directory: string;
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gridhold-output-'));
  environment = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    MONGODB_URI: inject('mongodbUri'),
    GRIDHOLD_DATABASE: `output-${process.pid}`,
    PORT: '0',
  };
});

afterAll(() => rm(directory, { recursive: true, force: true }));

/** @param line of a shell; `$0 $1` is the command */
function inShell(line: string) {
  return spawn('sh', ['-c', line, process.execPath, join(repository, 'dist/cli/main.js')], {
    cwd: directory,
    env: environment,
    stdio: 'ignore',
  });
}

test.runIf(process.platform === 'linux')(
  'a service whose log has no room serves on, says so once, and ends as it is told',
  async () => {
    const child = inShell('ulimit -f 4; exec "$0" "$1" serve > log 2> errors');
    const exited = once(child, 'exit');
    const read = async (name: string): Promise<string> => await readFile(join(directory, name), 'utf8');
    const started = async (): Promise<string> => {
      const [, found] = /GraphiQL\s+(http\S+)\/graphql/.exec(await read('log')) ?? [];
      if (!found) throw new Error('It has not started');
      return found;
    };
    const url = await vi.waitFor(started, { timeout: 60_000, interval: 50 });
    // Each is a line of some hundred bytes.
    for (let index = 0; index < 60; index++) {
      expect((await fetch(`${url}/graphql?query={__typename}`)).status).toBe(200);
    }
    expect((await stat(join(directory, 'log'))).size).toBeLessThanOrEqual(4_096);
    expect((await read('errors')).trim().split('\n')).toEqual([
      expect.stringMatching(/^The log can't be written, and loses lines: EFBIG/),
    ]);
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  },
);

test.runIf(process.platform === 'linux')(
  'a command whose stderr can’t be written does its work',
  async () => {
    await writeFile(join(directory, 'a.txt'), 'some text');
    const child = inShell('exec "$0" "$1" put a.txt > stored 2> /dev/full');
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(await readFile(join(directory, 'stored'), 'utf8')).toMatch(/^file_\w+ a\.txt\n$/);
  },
);
