import { defineConfig } from 'vitest/config'

/** They wait more than they work, so they may wait beside each other. */
const WAITING = ['test/system/two-gateways.test.ts', 'test/system/unplugging.test.ts']

const common = { globalSetup: 'test/system/build.ts', testTimeout: 60_000, hookTimeout: 60_000 }

/** Real daemons, a real broker, real users: minutes instead of seconds; those that need the machine for themselves one after the other. */
export default defineConfig({
  test: {
    projects: [
      { test: { ...common, name: 'waiting', include: WAITING, maxWorkers: 2, sequence: { groupOrder: 1 } } },
      {
        test: {
          ...common,
          name: 'alone',
          include: ['test/system/**/*.test.ts'],
          exclude: WAITING,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
