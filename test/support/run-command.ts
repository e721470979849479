/** The built command, run to its end: what it prints, and its exit code. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const main = resolve(import.meta.dirname, '../../dist/cli/main.js');

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCommand {
  /** Its stdin is open until it is ended. */
  readonly process: ChildProcessWithoutNullStreams;
  /** So far. */
  stderr(): string;
  readonly ended: Promise<CommandResult & { readonly stdoutBytes: Buffer }>;
}

/**
 * In an empty directory, so that no `.env` file counts. Killed, and so without a code, where it does not end.
 * @param program the same command in one file, where it is started by the hundred
 */
export async function runCommand(
  commandArguments: readonly string[],
  settings: Readonly<Record<string, string>> = {},
  program = main,
): Promise<CommandResult> {
  const { process: child, ended } = startCommand(commandArguments, settings, program);
  child.stdin.end();
  const { code, stdout, stderr } = await ended;
  return { code, stdout, stderr };
}

export function startCommand(
  commandArguments: readonly string[],
  settings: Readonly<Record<string, string>> = {},
  program = main,
): RunningCommand {
  const cwd = mkdtempSync(join(tmpdir(), 'gridhold-command-'));
  const child = spawn(process.execPath, [program, ...commandArguments], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...settings },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  // One that refuses does not read what it is given.
  child.stdin.on('error', () => undefined);
  const stdout: Buffer[] = [];
  child.stdout.on('data', (bytes: Buffer) => stdout.push(bytes));
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<CommandResult & { stdoutBytes: Buffer }>((done, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      rmSync(cwd, { recursive: true, force: true });
      const stdoutBytes = Buffer.concat(stdout);
      done({ code, stdout: stdoutBytes.toString(), stderr, stdoutBytes });
    });
  });
  return { process: child, stderr: () => stderr, ended };
}
