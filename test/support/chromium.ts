/** A real browser, one for each test file; the tests take contexts of their own. Where it is: find-chromium.ts. */
import { type Browser, chromium } from 'playwright-core';
import { afterAll } from 'vitest';
import { findChromium } from './find-chromium.ts';

const switches = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Pages of strangers: names that nobody has (RFC 2606, section 2), served by the test itself.
  '--host-resolver-rules=MAP *.example 127.0.0.1',
];

let launched: Promise<Browser> | null = null;

// At the top of the module: registered inside a hook or a test it would not run.
afterAll(async () => {
  await (await launched?.catch(() => null))?.close();
});

/** The test file's browser; the first call starts it. It ends with the file. */
export function launchChromium(): Promise<Browser> {
  launched ??= (async () => chromium.launch({ executablePath: findChromium(), args: switches }))();
  return launched;
}
