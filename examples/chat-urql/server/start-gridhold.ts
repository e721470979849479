/**
 * Runs `gridhold serve` next to the app where no other Gridhold is named. A program of its own, that the app speaks to
 * by HTTP alone: in earnest it runs elsewhere.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { ExampleError } from '../../server/run-server.ts';

export interface StartedGridhold {
  readonly url: string;
  /** Rejects with words where it ends by itself. */
  readonly died: Promise<never>;
  stop(): Promise<void>;
}

const command = fileURLToPath(new URL('dist/cli/main.js', import.meta.resolve('gridhold/package.json')));

/** It ends with us, even where we are killed: then nobody is left who could end it. */
const endWithParent = `data:text/javascript,${encodeURIComponent(
  "process.once('disconnect', () => process.kill(process.pid, 'SIGTERM')); process.channel.unref();",
)}`;

/** @throws ExampleError that says what it printed last */
export async function startGridhold(settings: {
  readonly port: number;
  /** Null: the embedded one, which it shares with whoever opened it first. */
  readonly mongodbUri: string | null;
  readonly database: string;
}): Promise<StartedGridhold> {
  const { port, mongodbUri, database } = settings;
  // Its keys are not ours: it refuses those that it does not know.
  const { GRIDHOLD_PORT: _, GRIDHOLD_URL: __, ...environment } = process.env;
  const child = spawn(process.execPath, ['--import', endWithParent, command, 'serve'], {
    env: {
      ...environment,
      GRIDHOLD_LOG_LEVEL: 'warn',
      PORT: String(port),
      GRIDHOLD_DATABASE: database,
      ...(mongodbUri === null ? {} : { MONGODB_URI: mongodbUri }),
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let lastLine = '';
  const printed = linesOf([child.stdout, child.stderr], (line) => {
    lastLine = line;
    // Its warnings; the rest is for who runs it by hand.
    if (line.startsWith('{')) process.stderr.write(`${line}\n`);
  });
  let isStopping = false;
  const exited = once(child, 'exit');
  const died = exited.then(async ([code, signal]): Promise<never> => {
    if (isStopping) return await new Promise<never>(() => undefined);
    // What it calls PORT is GRIDHOLD_PORT here.
    const why = lastLine.replace(/\bPORT\b/g, 'GRIDHOLD_PORT');
    throw new ExampleError(`Gridhold, on GRIDHOLD_PORT ${port}, ended (${signal ?? `code ${code}`}): ${why}`);
  });
  // Told by the promise itself, once somebody waits for it.
  died.catch(() => undefined);
  const url = await Promise.race([printed, died]);
  return {
    url,
    died,
    async stop() {
      isStopping = true;
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** Resolves with its address, once it serves. */
function linesOf(outputs: readonly (Readable | null)[], onLine: (line: string) => void): Promise<string> {
  return new Promise((resolve) => {
    for (const input of outputs) {
      if (!input) continue;
      createInterface({ input }).on('line', (line) => {
        if (line.trim() !== '') onLine(line);
        const [, url] = /Graphi?QL\s+(http\S+)\/graphql/.exec(line) ?? [];
        if (url) resolve(url);
      });
    }
  });
}
