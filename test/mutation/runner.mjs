/**
 * A test runner for Stryker that loads the tests once and runs them in one process: for each change those that reach it, the
 * quickest first. It takes minutes where the vitest runner, which loads all of them anew for each change, takes hours.
 */
import { readdirSync } from 'node:fs'
import { register } from 'node:module'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { register as registerTypeScript } from 'tsx/esm/api'
import { collect, tests } from './tests.mjs'

/** The shapes and codes below are those of @stryker-mutator/api/test-runner. */
const PASSED = 0
const FAILED = 1

/** What the tests import as vitest is `tests.mjs`; what that imports is vitest's own. */
const OURS = new URL('tests.mjs', import.meta.url).href
const HOOK = `export const resolve = (name, context, next) =>
  name === 'vitest' && context.parentURL !== '${OURS}' ? { url: '${OURS}', shortCircuit: true } : next(name, context)`

/** Test files whose path in `test/` begins with one of these. */
function filesOf(prefixes) {
  const files = readdirSync('test', { recursive: true }).filter((file) => file.endsWith('.test.ts'))
  return files.filter((file) => prefixes.some((prefix) => file.startsWith(prefix))).sort()
}

async function load(prefixes) {
  registerTypeScript()
  register(`data:text/javascript,${encodeURIComponent(HOOK)}`)
  // The same examples for every change, so that the score is the same tomorrow; one that fails is enough.
  fc.configureGlobal({ seed: 1, numRuns: 25, endOnFailure: true })
  for (const file of filesOf(prefixes)) await collect(file, () => import(pathToFileURL(join('test', file)).href))
}

async function resultOf({ id, run }) {
  const before = performance.now()
  const done = (status, failureMessage) => ({ id, name: id, status, failureMessage, timeSpentMs: performance.now() - before })
  try {
    await run()
    return done(PASSED)
  } catch (err) {
    return done(FAILED, String(err))
  }
}

function createRunner(options) {
  globalThis.__stryker__ ??= {}
  /** What the changed source reads and counts. */
  const stryker = globalThis.__stryker__
  const cost = new Map()

  return {
    // No change is active while anything is loaded (`ignoreStatic`): there is nothing to load anew.
    capabilities: () => ({ reloadEnvironment: true }),
    init: () => load(options.inProcess.tests),

    async dryRun() {
      const results = []
      for (const test of tests) {
        stryker.currentTestId = test.id
        results.push(await resultOf(test))
      }
      stryker.currentTestId = undefined
      return { status: 'complete', tests: results, mutantCoverage: stryker.mutantCoverage }
    },

    async mutantRun({ testFilter, activeMutant, hitLimit }) {
      const wanted = testFilter && new Set(testFilter)
      const chosen = tests.filter(({ id }) => wanted === undefined || wanted.has(id))
      chosen.sort((a, b) => (cost.get(a.id) ?? 0) - (cost.get(b.id) ?? 0))
      Object.assign(stryker, { activeMutant: activeMutant.id, hitCount: hitLimit === undefined ? undefined : 0, hitLimit })
      let failed
      for (const test of chosen) {
        const result = await resultOf(test)
        // A process that only judges never sees all tests pass: what a test cost is learnt on the way.
        cost.set(test.id, Math.min(cost.get(test.id) ?? result.timeSpentMs, result.timeSpentMs))
        if (result.status === FAILED) {
          failed = result
          break
        }
      }
      stryker.activeMutant = undefined
      if (hitLimit !== undefined && stryker.hitCount > hitLimit) return { status: 'timeout', reason: 'a loop without end' }
      if (!failed) return { status: 'survived', nrOfTests: chosen.length }
      return { status: 'killed', killedBy: [failed.id], failureMessage: failed.failureMessage, nrOfTests: chosen.length }
    },
  }
}
createRunner.inject = ['options']

const factory = (injector) => injector.injectFunction(createRunner)
factory.inject = ['$injector']

export const strykerPlugins = [{ kind: 'TestRunner', name: 'in-process', factory }]
export const strykerValidationSchema = {
  properties: { inProcess: { type: 'object', properties: { tests: { type: 'array', items: { type: 'string' } } } } },
}
