import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The system tests start real daemons and brokers; `.ci/run` and `npm run test:system` name them.
    exclude: ['test/system/**', 'node_modules/**'],
    // All of them: vitest would leave one idle, and many of these tests wait.
    maxWorkers: '100%',
    // Modules are loaded once for each worker, not once for each file. What a test changes of its process, it puts back.
    isolate: false,
    testTimeout: 20_000,
    globalSetup: 'test/compile.ts',
  },
})
