/**
 * Hostile telegrams against the product in this process: `fuzzing.js mutants COUNT SEED` against all that reads them,
 * `fuzzing.js wrong-keys COUNT SEED` through the pipeline. One JSON object at the end.
 */
import { fuzz } from '../../fuzz/fuzz.ts'
import { wrongKeys } from '../../fuzz/wrong-keys.ts'

const [what, count, seed] = process.argv.slice(2) as ['mutants' | 'wrong-keys', string, string]

/** MB at two moments of the run, after garbage was collected (`--expose-gc`). */
const heapMB = (): number => {
  gc?.()
  return process.memoryUsage().heapUsed / 2 ** 20
}

if (what === 'mutants') {
  const half = Math.floor(Number(count) / 2)
  let [before, after] = [0, 0]
  const { findings, slowest, met } = fuzz(Number(count), Number(seed), (done) => {
    if (done === half) before = heapMB()
  })
  after = heapMB()
  const told = { exceptions: findings.length, slowestMs: slowest.ms, kinds: met.size, grewMB: after - before }
  process.stdout.write(JSON.stringify(told))
} else {
  const { observations, events, results } = wrongKeys(Number(count), Number(seed))
  const told = {
    readings: observations,
    told: events.get('meter.key-wrong') ?? 0,
    unconfirmed: results.get('refused: policy.unconfirmed') ?? 0,
  }
  process.stdout.write(JSON.stringify(told))
}
