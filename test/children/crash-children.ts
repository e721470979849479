/**
 * Processes that do one task after another as they are told, and die by their own SIGKILL at the n-th command that they
 * send to MongoDB. One is always being started ahead, because a process dies with almost every task.
 *
 * They speak JSON lines: `{ready}`, then for each order `{struck}` and death, `{done, commands}`, or `{failed}`.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { MongoClient } from 'mongodb';

/** Both sides of each command: before it is sent, and when MongoDB has done it. */
export const phases = ['started', 'succeeded'] as const;

export interface Strike {
  readonly phase: (typeof phases)[number];
  /** From 1. */
  readonly index: number;
  /** `kill` (default): the process. `abort`: MongoDB ends the transaction, and the process goes on. */
  readonly how?: 'kill' | 'abort';
}

export type Outcome =
  /** It died; the phase and the command. */
  | { readonly struck: string }
  /** It did it all. */
  | { readonly done: Readonly<Record<string, unknown>>; readonly commands: number }
  | { readonly failed: string | number; readonly message: string; readonly commands: number };

export interface Children {
  order(task: string, input: object, strike?: Strike | null): Promise<Outcome>;
  close(): Promise<void>;
}

/** @param commandOf the program and its arguments, for a process that is known to MongoDB by this name */
export function openChildren(
  client: MongoClient,
  commandOf: (name: string) => readonly [string, ...string[]],
  options: { readonly env?: NodeJS.ProcessEnv; readonly ahead?: number } = {},
): Children {
  const { env = {}, ahead = 1 } = options;
  const prefix = `doomed-${process.pid}-${Date.now().toString(36)}`;
  let started = 0;
  const waiting: Child[] = [];
  const start = (): Child => new Child(`${prefix}-${started++}`, commandOf, env);

  return {
    async order(task, input, strike = null) {
      const child = waiting.shift() ?? start();
      if (strike?.how !== 'abort' && strike !== null) while (waiting.length < ahead) waiting.push(start());
      const outcome = await child.order({ task, input, strike });
      if (child.isAlive) waiting.unshift(child);
      else await endTransactionsOf(client, child.name);
      return outcome;
    },
    async close() {
      await Promise.all(waiting.map((child) => child.end()));
    },
  };
}

class Child {
  readonly name: string;
  isAlive = true;
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<unknown[]>;
  #errors = '';
  #isReady = false;

  constructor(
    name: string,
    commandOf: (name: string) => readonly [string, ...string[]],
    env: NodeJS.ProcessEnv,
  ) {
    this.name = name;
    const [program, ...args] = commandOf(name);
    this.#process = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
    this.#ended = once(this.#process, 'exit');
    this.#process.stderr.on('data', (text) => {
      this.#errors += text;
    });
    // What it is written after its death is nothing to us: its outcome says so.
    this.#process.stdin.on('error', () => undefined);
  }

  async order(order: { task: string; input: object; strike: Strike | null }): Promise<Outcome> {
    if (!this.#isReady) await this.#line();
    this.#isReady = true;
    this.#process.stdin.write(`${JSON.stringify(order)}\n`);
    const outcome: Outcome = JSON.parse(await this.#line());
    if ('struck' in outcome) {
      const [, signal] = await this.#ended;
      if (signal !== 'SIGKILL')
        throw new Error(`A process that should have died by SIGKILL: ${this.#errors}`);
      this.isAlive = false;
    }
    return outcome;
  }

  async end(): Promise<void> {
    this.#process.stdin.end();
    await this.#ended;
  }

  async #line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`A process ended before its time: ${this.#errors}`);
    return value;
  }
}

/** MongoDB ends the open transaction of a dead process after a minute. Here it does so at once. */
async function endTransactionsOf(client: MongoClient, appName: string): Promise<void> {
  const admin = client.db('admin');
  const open = await admin
    .aggregate([
      { $currentOp: { idleSessions: true, allUsers: true } },
      { $match: { appName, transaction: { $exists: true } } },
    ])
    .toArray();
  if (open.length > 0) await admin.command({ killSessions: open.map(({ lsid }) => ({ id: lsid.id })) });
}

/**
 * The same work with the process killed at its first command, at its second, and so on, until it is not killed any
 * more.
 * @param most commands to be killed at, where that is enough
 */
export async function eachCommand(
  phase: Strike['phase'],
  work: (strike: Strike) => Promise<Outcome>,
  most = 100,
): Promise<void> {
  for (let index = 1; index <= most; index++) {
    const outcome = await work({ phase, index });
    if ('failed' in outcome) throw new Error(`${outcome.failed}: ${outcome.message}`);
    if ('done' in outcome) return;
  }
  if (most === 100) throw new Error('It was killed 100 times, and has more commands yet');
}
