import { defineConfig } from 'vitest/config'

/** For fuzz.mjs: one file after the other, so that each has the processor for its share of the time. */
export default defineConfig({
  test: {
    include: ['test/fuzz/**/*.test.ts'],
    setupFiles: ['test/helpers/own-folders.ts', 'test/fuzz/record-runs.ts'],
    testTimeout: 0,
    hookTimeout: 0,
    pool: 'forks',
    fileParallelism: false,
  },
})
