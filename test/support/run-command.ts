/** The built command, run to its end: what it prints, and its exit code. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const main = resolve(import.meta.dirname, '../../dist/cli/main.js');

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** In an empty directory, so that no `.env` file counts. Killed, and so without a code, where it does not end. */
export async function runCommand(
  commandArguments: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const cwd = mkdtempSync(join(tmpdir(), 'gridhold-command-'));
  const child = spawn(process.execPath, [main, ...commandArguments], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      printed[name] += text;
    });
  }
  return await new Promise((done, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      rmSync(cwd, { recursive: true, force: true });
      done({ code, ...printed });
    });
  });
}
