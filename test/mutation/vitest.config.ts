import { defineConfig } from 'vitest/config'

/** What holds the codec and the rules of trust: run once for each change that Stryker makes to them. */
export default defineConfig({
  test: {
    include: [
      'test/wmbus/**/*.test.ts',
      'test/decoders/decoders.test.ts',
      'test/policy.test.ts',
      'test/trust*.test.ts',
      'test/pipeline-trust.test.ts',
    ],
    testTimeout: 20_000,
  },
})
