import { defineConfig } from 'vitest/config';
import base, { startedFirst } from './vitest.config.ts';

/** The examples, driven in a browser as a person would: slower, and apart from `npm test`. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['test/e2e/**/*.e2e.ts'],
    globalSetup: [...startedFirst, 'test/support/build-examples.ts'],
    testTimeout: 120_000,
  },
});
