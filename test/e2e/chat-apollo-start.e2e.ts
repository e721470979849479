/** How an example is started and ended: by its name, with a MongoDB that comes along, and in words where it can't be. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, inject, it } from 'vitest';
import { chatCalls } from '../support/chat-apollo-calls.ts';

const repository = resolve(import.meta.dirname, '../..');
const start = resolve(repository, 'examples/start.ts');
const tsx = import.meta.resolve('tsx');

const directory = mkdtempSync(join(tmpdir(), 'gridhold-example-'));
const running = new Set<ChildProcess>();
afterAll(async () => {
  for (const child of running) {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
  rmSync(directory, { recursive: true, force: true });
});

interface Started {
  readonly process: ChildProcess;
  readonly exit: Promise<number | null>;
  output(): string;
  /** The address that it prints. */
  url(): Promise<string>;
}

function run(
  commandArguments: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Started {
  const child = spawn(process.execPath, ['--import', tsx, start, ...commandArguments], {
    cwd: directory,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const exit = new Promise<number | null>((done) => {
    child.once('close', (code) => {
      running.delete(child);
      done(code);
    });
  });
  return {
    process: child,
    exit,
    output: () => output,
    async url() {
      await expect.poll(() => output, { timeout: 60_000 }).toMatch(/^ {2}Chat {2}http:\/\/localhost:\d+\n/m);
      return /http:\/\/localhost:\d+/.exec(output)?.[0] ?? '';
    },
  };
}

it.each([[[]], [['nonsense']], [['../src']], [['chat-apollo', 'twice']]])(
  'npm run example -- %j names the examples in one line, and exits with 2',
  async (names) => {
    const started = run(names);
    expect(await started.exit).toBe(2);
    expect(started.output()).toMatch(/^npm run example -- .*\bchat-apollo\b.*\n$/);
  },
);

it('--help does the same, and exits with 0', async () => {
  const started = run(['--help']);
  expect(await started.exit).toBe(0);
  expect(started.output()).toMatch(/^npm run example -- .*\bchat-apollo\b.*\n$/);
});

it('A port that is taken, and one that is none, are told in words that name PORT', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const taken = run(['chat-apollo'], { PORT: String(port), MONGODB_URI: inject('mongodbUri') });
  expect(await taken.exit).toBe(1);
  expect(taken.output()).toBe(`Port ${port} is taken. PORT=0 takes a free one.\n`);
  other.close();
  const wrong = run(['chat-apollo'], { PORT: '70000', MONGODB_URI: inject('mongodbUri') });
  expect(await wrong.exit).toBe(1);
  expect(wrong.output()).toBe('PORT: must be a port from 0 to 65535, not 70000\n');
});

it('Ctrl-C ends it also while its MongoDB is still on the way', async () => {
  const slow = join(directory, 'slow-mongod');
  const begun = join(directory, 'begun');
  writeFileSync(slow, `#!/bin/sh\ntouch ${begun}\nexec sleep 15\n`, { mode: 0o755 });
  for (const name of ['chat-apollo', 'chat-urql', 'generate-and-store']) {
    rmSync(begun, { force: true });
    const ports = { PORT: '0', PAGE_PORT: '0', GRIDHOLD_PORT: '0' };
    const started = run([name], { ...ports, GRIDHOLD_MONGOD: slow, GRIDHOLD_MONGOD_DOWNLOAD: 'off' });
    await expect.poll(() => existsSync(begun), { timeout: 60_000 }).toBe(true);
    started.process.kill('SIGINT');
    expect(await started.exit, name).toBe(0);
    expect(started.output()).toBe('');
  }
});

it('Without MONGODB_URI it brings a MongoDB along, ends in order, and keeps what was said', async () => {
  const settings = { PORT: '0', GRIDHOLD_MONGOD: inject('mongodBinary') };
  const first = run(['chat-apollo'], settings);
  await chatCalls(await first.url()).ask(
    'mutation { sendMessage(body: "It stays", author: "User 1") { id } }',
  );
  first.process.kill('SIGINT');
  expect(await first.exit).toBe(0);

  const second = run(['chat-apollo'], settings);
  const { data } = await chatCalls(await second.url()).ask('{ messages { body } }');
  expect(data).toEqual({ messages: [{ body: 'It stays' }] });
  second.process.kill('SIGTERM');
  expect(await second.exit).toBe(0);
});
