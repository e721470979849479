/**
 * A Python with what a list of requirements names, in a directory of its own that later runs find again. Where there is
 * no Python the tests that need it are skipped and say why; in CI they fail instead.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const cache = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url));

export type PythonEnvironment =
  | { readonly program: string; readonly missing?: never }
  | { readonly program?: never; readonly missing: string };

/**
 * @param list a file of this folder
 * @throws in CI, where it can't be had
 */
export async function openPythonEnvironment(list = 'requirements.txt'): Promise<PythonEnvironment> {
  try {
    return { program: await ensureEnvironment(fileURLToPath(new URL(list, import.meta.url))) };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const missing = `python3 with venv and pip is needed, and could not be had: ${reason.trim()}`;
    if (process.env['CI']) throw new Error(missing, { cause });
    process.stderr.write(`Skipped: the tests with ${list}: ${missing}\n`);
    return { missing };
  }
}

async function ensureEnvironment(requirements: string): Promise<string> {
  const { stdout: version } = await run('python3', ['-c', 'import sys, venv, ensurepip; print(sys.version)']);
  const key = createHash('sha256')
    .update(version)
    .update(await readFile(requirements))
    .digest('hex');
  const directory = join(cache, `python-${key.slice(0, 16)}`);
  const program = join(directory, 'bin', 'python');
  const exists = await access(program).then(
    () => true,
    () => false,
  );
  if (exists) return program;
  // Renamed when it is whole: a run that is broken off leaves nothing that looks ready.
  const unfinished = `${directory}.${process.pid}`;
  await mkdir(cache, { recursive: true });
  await run('python3', ['-m', 'venv', unfinished]);
  const pip = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--requirement',
    requirements,
  ];
  await run(join(unfinished, 'bin', 'python'), pip);
  try {
    await rename(unfinished, directory);
  } catch (error) {
    // Another run was first.
    await rm(unfinished, { recursive: true });
    await access(program).catch(() => {
      throw error;
    });
  }
  return program;
}
