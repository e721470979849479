/** Where Chromium or Chrome is on this machine; and where the machine allows it (root, and Debian's apt-get), getting it. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const commands = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const usualPlaces = [
  '/snap/bin/chromium',
  '/opt/google/chrome/chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
const longestInstallMs = 10 * 60_000;

/** @throws Error where GRIDHOLD_CHROMIUM names what is not there, or that says what helps where there is none */
export function findChromium(): string {
  const named = process.env['GRIDHOLD_CHROMIUM'];
  if (named) {
    if (existsSync(named)) return named;
    throw new Error(`GRIDHOLD_CHROMIUM: there is no ${named}`);
  }
  const found = inPath(commands) ?? usualPlaces.find((path) => existsSync(path));
  if (found) return found;
  throw new Error('These tests want Chromium or Chrome: install one, or name one by GRIDHOLD_CHROMIUM');
}

/**
 * Vitest's global setup: installs what is missing, once and before the first test, whose time is short. Where that is
 * not allowed or fails, the tests that want a browser say so themselves.
 */
export default async function installChromium(): Promise<void> {
  try {
    findChromium();
  } catch {
    if (process.getuid?.() !== 0 || inPath(['apt-get']) === null) return;
    process.stdout.write('Chromium is missing: it is installed by apt-get\n');
    const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, timeout: longestInstallMs };
    try {
      await run('apt-get', ['update'], options);
      await run('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], options);
    } catch (error) {
      process.stderr.write(`Chromium could not be installed: ${String(error)}\n`);
    }
  }
}

function inPath(names: readonly string[]): string | null {
  const directories = (process.env['PATH'] ?? '').split(delimiter).filter((directory) => directory !== '');
  const candidates = names.flatMap((name) => directories.map((directory) => join(directory, name)));
  return candidates.find((path) => existsSync(path)) ?? null;
}
