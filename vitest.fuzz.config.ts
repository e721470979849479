import { defineConfig } from 'vitest/config';
import base, { startedFirst } from './vitest.config.ts';

/** `npm run test:fuzz`: what others' tools send at random, and what they think of the answers. Some minutes. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['test/fuzz/**/*.fuzz.ts'],
    globalSetup: [...startedFirst.slice(0, 1)],
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
});
