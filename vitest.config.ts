import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The system tests start real daemons and brokers; `.ci/run` and `npm run test:system` name them.
    exclude: ['test/system/**', 'node_modules/**'],
    testTimeout: 20_000,
  },
})
