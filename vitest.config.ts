import { defineConfig } from 'vitest/config';

/** Before the first test of any run. */
export const startedFirst: readonly string[] = ['test/support/mongod.ts', 'test/support/find-chromium.ts'];

export default defineConfig({
  resolve: {
    // graphql refuses to be there twice: Vite would take its .mjs, and the packages that use it take its .js.
    alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }],
  },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['node_modules/**', 'dist/**'],
    globalSetup: [...startedFirst],
    pool: 'forks',
    maxWorkers: 2,
    // No claim about time: for what hangs, also where the machine is busy with other things.
    testTimeout: 120_000,
    // Conditions are waited for, and a busy machine may take its time.
    expect: { poll: { timeout: 30_000 } },
    // The first start may have to fetch a mongod.
    hookTimeout: 180_000,
  },
});
