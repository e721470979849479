/** Which MongoDB a program is, and whether it may open the data at hand. */
import { runProgram } from './run-program.ts';

const oldestMajor = 6;

/** What the data on hand allows. */
export interface PinnedData {
  /** Of the mongod that ran last. */
  readonly version: string;
  /** The format of the data: a release such as `6.0`. */
  readonly fcv: string;
  readonly dataDir: string;
}

export type Probe = { readonly version: string } | { readonly problem: string };

/** Runs it with `--version`, so that a library which it misses shows here. */
export async function probeMongod(path: string, signal: AbortSignal | undefined): Promise<Probe> {
  const { ok, stdout, problem } = await runProgram(path, ['--version'], { timeoutMs: 20_000, signal });
  if (!ok) return { problem };
  const version = /^db version v(\d+\.\d+\.\d+\S*)/m.exec(stdout)?.[1];
  return version === undefined ? { problem: 'it does not say which MongoDB it is' } : { version };
}

/** `6.0` of `6.0.5`. */
function releaseOf(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

/**
 * Why a mongod that nobody named is not used, or null. Data of one release is opened by no other unasked: a newer one
 * may refuse it, or leave it so that the old one can't go back.
 */
export function refusal(version: string, pinned: PinnedData | null): string | null {
  if (tooOld(version)) return `it is ${version}, and 6.0 is the oldest that will do`;
  if (pinned === null) return null;
  const release = releaseOf(version);
  if (release === pinned.fcv || release === releaseOf(pinned.version)) return null;
  return `it is ${version}, and the data in ${pinned.dataDir} is of ${pinned.fcv}`;
}

export function tooOld(version: string): boolean {
  return Number.parseInt(version, 10) < oldestMajor;
}
