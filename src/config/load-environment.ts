/**
 * Where settings come from: the environment, and under it a `.env` file of the working directory. The only file that
 * touches the process's environment; what the values mean is parse-settings.ts's.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { SettingsError } from './settings-error.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the real environment names wins over the file. A missing file is none; one that can't be read is an error. */
export function loadEnvironment(directory = '.'): Environment {
  return { ...readEnvironmentFile(resolve(directory, '.env')), ...process.env };
}

/** For a program that we start: our environment, and what it is given besides. */
export function childEnvironment(added: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return { ...process.env, ...added };
}

function readEnvironmentFile(path: string): Environment {
  try {
    return parseEnv(readFileSync(path, 'utf8'));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    if (code === 'ENOENT') return {};
    throw new SettingsError([{ key: '.env', message: `${path} can't be read (${code})` }]);
  }
}
