/**
 * A real browser: the machine's Chromium or Chrome, or where the machine allows it (root, and Debian's apt-get) one that
 * is installed. One for each test file; the tests take contexts of their own.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';
import { afterAll } from 'vitest';

const run = promisify(execFile);

const commands = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const usualPlaces = [
  '/snap/bin/chromium',
  '/opt/google/chrome/chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
const switches = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let launched: Promise<Browser> | null = null;

// At the top of the module: registered inside a hook or a test it would not run.
afterAll(async () => {
  await (await launched?.catch(() => null))?.close();
});

/** The test file's browser; the first call starts it. It ends with the file. */
export function launchChromium(): Promise<Browser> {
  launched ??= (async () => chromium.launch({ executablePath: await chromiumPath(), args: switches }))();
  return launched;
}

/** @throws Error that says what helps */
async function chromiumPath(): Promise<string> {
  const named = process.env['GRIDHOLD_CHROMIUM'];
  if (named) {
    if (existsSync(named)) return named;
    throw new Error(`GRIDHOLD_CHROMIUM: there is no ${named}`);
  }
  const found = findChromium();
  if (found !== null) return found;
  if (process.getuid?.() === 0 && inPath(['apt-get']) !== null) await installOnce();
  const installed = findChromium();
  if (installed !== null) return installed;
  throw new Error('These tests want Chromium or Chrome: install one, or name one by GRIDHOLD_CHROMIUM');
}

function findChromium(): string | null {
  return inPath(commands) ?? usualPlaces.find((path) => existsSync(path)) ?? null;
}

function inPath(names: readonly string[]): string | null {
  const directories = (process.env['PATH'] ?? '').split(delimiter).filter((directory) => directory !== '');
  const candidates = names.flatMap((name) => directories.map((directory) => join(directory, name)));
  return candidates.find((path) => existsSync(path)) ?? null;
}

const lock = join(tmpdir(), 'gridhold-installs-chromium');
/** Beyond this the process that made the lock has died. */
const longestInstallMs = 10 * 60_000;

/** Test files run at the same time, and apt-get bears no company: who can't make the directory waits for who did. */
async function installOnce(): Promise<void> {
  while (!(await makeLock())) {
    await delay(500);
    if (findChromium() !== null) return;
  }
  try {
    if (findChromium() === null) await install();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

async function makeLock(): Promise<boolean> {
  try {
    await mkdir(lock);
    return true;
  } catch {
    const made = await stat(lock).catch(() => null);
    if (made && Date.now() - made.mtimeMs > longestInstallMs)
      await rm(lock, { recursive: true, force: true });
    return false;
  }
}

async function install(): Promise<void> {
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, timeout: longestInstallMs };
  try {
    await run('apt-get', ['update'], options);
    await run('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], options);
  } catch (error) {
    throw new Error(
      'Chromium could not be installed by apt-get: install it yourself, or name one by GRIDHOLD_CHROMIUM',
      { cause: error },
    );
  }
}
