/**
 * An example in a process of its own, on the run's MongoDB: as people start it, from its sources; or as build-examples.ts
 * has built it, where the run has that.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { afterAll, inject } from 'vitest';

const repository = resolve(import.meta.dirname, '../..');

export interface Example {
  /** What it prints: `http://localhost:39211`. */
  readonly url: string;
  readonly process: ChildProcess;
  readonly database: string;
  /** Everything that it has printed so far. */
  output(): string;
  /** SIGTERM (or another signal), and the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
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

/** Ends with the test file. Port and database are its own unless the environment names them. */
export async function startExample(
  name: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Example> {
  const database =
    environment['EXAMPLE_DATABASE'] ?? `${name}-${process.pid}-${Date.now().toString(36)}-${started++}`;
  const child = spawn(process.execPath, programOf(name), {
    cwd: repository,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      MONGODB_URI: inject('mongodbUri'),
      PORT: '0',
      ...environment,
      EXAMPLE_DATABASE: database,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let output = '';
  const url = await new Promise<string>((resolveUrl, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => {
        output += text;
        const [, found] = /^ {2}\S.* {2}(http:\/\/localhost:\d+)\n/m.exec(output) ?? [];
        if (found) resolveUrl(found);
      });
    }
    child.once('close', (code) => reject(new Error(`${name} ended with ${code}:\n${output}`)));
  });
  return {
    url,
    process: child,
    database,
    output: () => output,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
      return child.exitCode;
    },
  };
}

/** The sources run by what `npm run example` runs once it has built Gridhold; for the tests, that is built before. */
function programOf(name: string): readonly string[] {
  const built = inject('builtExamples');
  if (built !== undefined) return [resolve(built, name, 'server/main.js')];
  return ['--import', 'tsx', resolve(repository, 'examples/start.ts'), name];
}
