import { defineConfig } from 'vitest/config';
import base, { startedFirst } from './vitest.config.ts';

/** `npm run screenshots`: pictures of every page of the examples, to be looked at. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['test/screenshots/**/*.shots.ts'],
    globalSetup: [...startedFirst, 'test/support/build-examples.ts'],
    maxWorkers: 1,
    testTimeout: 120_000,
  },
});
