/** Runs a program to its end, with a bound on its time and on what is kept of its words. */
import { spawn } from 'node:child_process';
import { childEnvironment } from '../../../config/load-environment.ts';

const mostOutputCharacters = 65_536;

export interface RunOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Added to our own environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Takes each line of stdout as it comes. */
  readonly onLine?: (line: string) => void;
}

export interface RunResult {
  readonly ok: boolean;
  readonly stdout: string;
  /** What went wrong, in one line: the last words on stderr, or how it ended. */
  readonly problem: string;
}

/** Never rejects for what the program does; only where the signal ended it. */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: RunOptions,
): Promise<RunResult> {
  const { timeoutMs, signal, environment = {}, onLine } = options;
  signal?.throwIfAborted();
  const child = spawn(command, args, {
    env: childEnvironment(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
    ...(signal ? { signal } : {}),
  });
  let stdout = '';
  let stderr = '';
  let unfinishedLine = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout = (stdout + text).slice(-mostOutputCharacters);
    const lines = (unfinishedLine + text).slice(-mostOutputCharacters).split(/[\r\n]+/);
    unfinishedLine = lines.pop() ?? '';
    for (const line of lines) onLine?.(line);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-mostOutputCharacters);
  });
  let tookTooLong = false;
  // Not by spawn's own option: its timer outlives a program that could not be started.
  const timer = setTimeout(() => {
    tookTooLong = true;
    child.kill('SIGKILL');
  }, timeoutMs);
  const problem = await new Promise<string>((resolve) => {
    child.on('error', (error) => {
      resolve('code' in error && error.code === 'ENOENT' ? 'not found' : error.message);
    });
    child.once('close', (code, killedBy) => {
      const ending = tookTooLong
        ? `it took longer than ${timeoutMs / 1000} s`
        : `it ended with ${killedBy ?? code}`;
      resolve(code === 0 ? '' : (!tookTooLong && (lastLine(stderr) || lastLine(stdout))) || ending);
    });
  });
  clearTimeout(timer);
  signal?.throwIfAborted();
  return { ok: problem === '', stdout, problem };
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim().slice(0, 300) ?? '';
}
