import { defineConfig } from 'vitest/config'

/** What holds the codec and the rules of trust: run once for each change that Stryker makes to them. */
const TESTS = [
  'test/wmbus/**/*.test.ts',
  'test/decoders/decoders.test.ts',
  'test/memory/fragments.test.ts',
  'test/policy.test.ts',
  'test/trust*.test.ts',
  'test/pipeline-trust.test.ts',
]

/** Fewer of them for a file whose own tests are known: MUTATION_TESTS='test/wmbus/ell*.test.ts,…'. */
const include = process.env['MUTATION_TESTS']?.split(',') ?? TESTS

export default defineConfig({
  test: {
    include,
    setupFiles: ['test/mutation/setup.ts'],
    // Nothing here leaves anything behind: the modules are loaded once for each change, not once for each test file.
    isolate: false,
    pool: 'threads',
    maxWorkers: 1,
    testTimeout: 20_000,
  },
})
