/**
 * A process that ends when we end, however we end. It is told to stop (SIGTERM) when our end of a pipe closes, which
 * the kernel sees to even after SIGKILL. What is run, and what its exit means, is the caller's.
 *
 * On POSIX the shell forks the watcher, then becomes the program itself: there is no moment without a watcher, and the
 * program has the process ID that we were given. The watcher is a shell that sleeps in `read`. A line says that all is
 * well; the end of the pipe without one says that we are gone.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import type { MongodExit } from './embedded-mongod.ts';

const watchThenBecome = `
( read -r allIsWell <&3 || kill -TERM "$$" ) >/dev/null 2>&1 &
exec 3<&-
exec "$@"
`;

/** Windows knows no SIGTERM: the program is ended at once there, and recovers from its journal. */
const watchOnWindows = `
process.stdin.on('end', () => process.kill(Number(process.argv[1]))).resume();
`;

/** What is kept of the words that a program says before it has its log. */
const mostErrorCharacters = 4_096;

export interface WatchedProcess {
  readonly pid: number;
  /** Never rejects; a program that could not be started has code 127. */
  readonly exited: Promise<MongodExit>;
  /** What it has said on stderr, at most the last few kB. */
  errorText(): string;
  terminate(signal: 'SIGTERM' | 'SIGKILL'): void;
}

/** It has its own session, so that Ctrl-C in a terminal reaches us and not it. It keeps no process of ours alive. */
export function startWatched(program: string, args: readonly string[]): WatchedProcess {
  const child = process.platform === 'win32' ? spawnOnWindows(program, args) : spawnOnPosix(program, args);
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-mostErrorCharacters);
  });
  const exited = new Promise<MongodExit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', (error) => {
      errors += error.message;
      resolve({ code: 127, signal: null });
    });
  });
  child.unref();
  for (const stream of child.stdio) {
    if (stream !== null && stream !== undefined && 'unref' in stream && typeof stream.unref === 'function')
      stream.unref();
  }
  return {
    pid: child.pid ?? 0,
    exited,
    errorText: () => errors.trim(),
    terminate: (signal) => {
      // Whoever waits for the end must live to see it.
      child.ref();
      child.kill(signal);
    },
  };
}

function spawnOnPosix(program: string, args: readonly string[]): ChildProcess {
  const child = spawn('/bin/sh', ['-c', watchThenBecome, 'gridhold-mongod', program, ...args], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  const watcher = child.stdio[3] as Writable | null | undefined;
  watcher?.on('error', () => undefined);
  child.once('exit', () => watcher?.end('allIsWell\n'));
  return child;
}

function spawnOnWindows(program: string, args: readonly string[]): ChildProcess {
  const child = spawn(program, args, { windowsHide: true, stdio: ['ignore', 'ignore', 'pipe'] });
  const watcher = spawn(process.execPath, ['--eval', watchOnWindows, String(child.pid)], {
    detached: true,
    windowsHide: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watcher.on('error', () => undefined);
  watcher.stdin.on('error', () => undefined);
  watcher.unref();
  child.once('exit', () => watcher.kill());
  return child;
}
