/** A page of another origin than the service's, with a script of test/browser that is bundled as an app would do it. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { build } from 'vite';
import { afterAll } from 'vitest';

const repository = resolve(import.meta.dirname, '../..');

const closing: (() => void)[] = [];

// At the top of the module: registered inside a hook or a test it would not run.
afterAll(() => {
  for (const close of closing) close();
});

/** @param script in test/browser. @returns the page's address; it goes with the test file */
export async function servePage(script: string): Promise<string> {
  const code = await bundle(script);
  const server = createServer(({ url }, response) => {
    const isScript = url === '/page.js';
    response.setHeader('content-type', `text/${isScript ? 'javascript' : 'html'}; charset=utf-8`);
    response.end(
      isScript ? code : '<!doctype html><div id="root"></div><script type="module" src="/page.js"></script>',
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  // Another name than the service's 127.0.0.1, so another origin also without the port.
  return `http://localhost:${(server.address() as AddressInfo).port}/`;
}

/** React's warnings are in its development build only. */
async function bundle(script: string): Promise<string> {
  const built = await build({
    root: repository,
    configFile: false,
    logLevel: 'silent',
    mode: 'development',
    define: { 'process.env.NODE_ENV': '"development"' },
    plugins: [react()],
    build: {
      write: false,
      minify: false,
      lib: { entry: resolve(repository, 'test/browser', script), formats: ['es'], fileName: 'page' },
    },
  });
  const outputs = Array.isArray(built) ? built : [built];
  for (const result of outputs) {
    if (!('output' in result)) continue;
    const [chunk] = result.output;
    return chunk.code;
  }
  throw new Error(`${script} was not built`);
}
