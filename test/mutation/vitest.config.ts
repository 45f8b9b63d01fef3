import { defineConfig } from 'vitest/config'

/** The same tests in vitest itself, to judge the runner beside this by: `npm run mutation -- --testRunner vitest`, for hours. */
export default defineConfig({
  test: {
    include: [
      'test/wmbus/**/*.test.ts',
      'test/policy.test.ts',
      'test/trust*.test.ts',
      'test/pipeline-trust.test.ts',
      'test/decoders/decoders.test.ts',
      'test/memory/fragments.test.ts',
    ],
    setupFiles: ['test/mutation/setup.ts'],
    // Nothing here leaves anything behind: the modules are loaded once for each change, not once for each test file.
    isolate: false,
    pool: 'threads',
    maxWorkers: 1,
    testTimeout: 20_000,
  },
})
