import { defineConfig } from 'vitest/config'

/** Real daemons, a real broker, real users: minutes instead of seconds, and one after the other. */
export default defineConfig({
  test: {
    include: ['test/system/**/*.test.ts'],
    globalSetup: 'test/system/build.ts',
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
