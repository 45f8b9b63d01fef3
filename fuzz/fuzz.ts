import { hexOf } from '../test/support/telegrams.ts'
import { examine, explained } from './examine.ts'
import { randomOf } from './random.ts'
import { type Mutant, mutant } from './telegrams.ts'

export interface Finding extends Mutant {
  readonly error: unknown
}

export interface Report {
  readonly count: number
  readonly seed: number
  readonly findings: readonly Finding[]
  /** What became of the telegrams: fault, `observation` or `no observation`. */
  readonly results: ReadonlyMap<string, number>
  readonly seconds: number
  /** The telegram that took longest, and how long, the best of several runs. */
  readonly slowest: { readonly hex: string; readonly ms: number }
}

const MOST_FINDINGS = 10
/** An explanation takes as long as all the rest. */
const EXPLAINED_ONE_IN = 5

export function fuzz(count: number, seed: number, progress: (done: number) => void = () => {}): Report {
  const r = randomOf(seed)
  const findings: Finding[] = []
  const results = new Map<string, number>()
  let slowest = { hex: '', ms: 0 }
  const start = performance.now()
  for (let done = 0; done < count && findings.length < MOST_FINDINGS; done++) {
    const m = mutant(r)
    const from = performance.now()
    try {
      const result = examine(m)
      if (done % EXPLAINED_ONE_IN === 0) explained(m)
      results.set(result, (results.get(result) ?? 0) + 1)
      let ms = performance.now() - from
      if (ms > slowest.ms) ms = fastest(m, ms)
      if (ms > slowest.ms) slowest = { hex: hexOf(m.bytes), ms }
    } catch (error) {
      findings.push({ ...m, error })
    }
    progress(done)
  }
  return { count, seed, findings, results, seconds: (performance.now() - start) / 1000, slowest }
}

/** The best of several runs: a first one mostly tells that the machine was busy. */
function fastest(m: Mutant, first: number): number {
  let best = first
  for (let i = 0; i < 5; i++) {
    const from = performance.now()
    examine(m)
    best = Math.min(best, performance.now() - from)
  }
  return best
}
