/** Keeps mongod's log bounded: two files of a few MiB. mongod writes it itself, so that nothing of ours can stall it. */
import { rename, stat } from 'node:fs/promises';

const mostLogBytes = 4 * 1024 * 1024;
const checkEveryMs = 60_000;

/** For the owner of a running mongod only. Returns what ends it. Keeps no process alive. */
export function rotateLog(logPath: string, pid: number): () => void {
  const check = () => void rotateIfLarge(logPath, pid).catch(() => undefined);
  check();
  const timer = setInterval(check, checkEveryMs).unref();
  return () => clearInterval(timer);
}

async function rotateIfLarge(logPath: string, pid: number): Promise<void> {
  // Windows has no such signal, and lets nobody rename an open file.
  if (process.platform === 'win32' || (await stat(logPath)).size < mostLogBytes) return;
  await rename(logPath, `${logPath}.1`);
  // With `--logRotate reopen` it then opens the path anew.
  process.kill(pid, 'SIGUSR1');
}
