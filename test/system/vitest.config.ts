import { defineConfig } from 'vitest/config'

/** Real daemons, a real broker, real users: minutes instead of seconds. Two at a time: they mostly wait. */
export default defineConfig({
  test: {
    include: ['test/system/**/*.test.ts'],
    globalSetup: 'test/system/build.ts',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
