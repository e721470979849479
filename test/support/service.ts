/** The service as people run it: the built command in a process of its own, on a free port, spoken to by HTTP. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { afterAll, inject } from 'vitest';

export const repository = resolve(import.meta.dirname, '../..');
const main = resolve(repository, 'dist/cli/main.js');

export interface Service {
  /** Such as `http://127.0.0.1:39211`. */
  readonly url: string;
  readonly process: ChildProcess;
  readonly database: string;
  /** Everything that it has printed so far. */
  output(): string;
  /** Its log lines, parsed. */
  log(): Record<string, unknown>[];
  /** One GraphQL operation over HTTP: the whole answer. */
  graphql<Data = Record<string, unknown>>(query: string, variables?: object): Promise<GraphqlAnswer<Data>>;
  /** SIGTERM (or another signal), and the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface GraphqlAnswer<Data> {
  readonly data: Data;
  readonly errors?: readonly { message: string; extensions: Record<string, unknown> }[];
}

let started = 0;
const running = new Set<ChildProcess>();

// At the top of the module: registered inside a hook or a test it would not run.
afterAll(async () => {
  for (const child of running) {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
});

/** Ends with the test file. The database is its own unless the settings name one. */
export async function startService(settings: Readonly<Record<string, string>> = {}): Promise<Service> {
  const database =
    settings['GRIDHOLD_DATABASE'] ?? `service-${process.pid}-${Date.now().toString(36)}-${started++}`;
  const child = spawn(process.execPath, [main, 'serve'], {
    cwd: repository,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      MONGODB_URI: inject('mongodbUri'),
      GRIDHOLD_DATABASE: database,
      PORT: '0',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      output += text;
    });
  }
  running.add(child);
  child.once('exit', () => running.delete(child));
  const url = await new Promise<string>((resolveUrl, reject) => {
    const look = (): void => {
      const [, found] = /Graphi?QL\s+(http\S+)\/graphql/.exec(output) ?? [];
      if (found) resolveUrl(found);
    };
    child.stdout.on('data', look);
    child.once('exit', (code) => reject(new Error(`The service ended with ${code}:\n${output}`)));
  });
  return {
    url,
    process: child,
    database,
    output: () => output,
    log: () =>
      output
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line): Record<string, unknown> => JSON.parse(line)),
    async graphql<Data>(query: string, variables: object = {}) {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables }),
      });
      const answer: GraphqlAnswer<Data> = await response.json();
      return answer;
    },
    async stop(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
      return child.exitCode;
    },
  };
}
