import type { Fault, Note } from '../src/wmbus/fault.ts'
import { hexOf, join } from '../test/support/telegrams.ts'
import { examine, examineFragments, explained } from './examine.ts'
import { randomOf } from './random.ts'
import { fragments, type Mutant, mutant } from './telegrams.ts'

export interface Finding extends Mutant {
  readonly error: unknown
}

export interface Report {
  readonly count: number
  readonly seed: number
  readonly findings: readonly Finding[]
  /** What became of the telegrams: fault, `observation` or `no observation`. */
  readonly results: ReadonlyMap<string, number>
  /** How often every fault and note was met, with the key and without. */
  readonly met: ReadonlyMap<Fault | Note, number>
  readonly seconds: number
  /** The telegram that took longest, its key, and how long: milliseconds of the processor, the best of several runs. */
  readonly slowest: { readonly hex: string; readonly key: string; readonly ms: number }
}

const MOST_FINDINGS = 10
/** An explanation takes as long as all the rest. */
const EXPLAINED_ONE_IN = 5
const FRAGMENTED_ONE_IN = 20
const NOTHING = (): void => {}

const bump = <K>(map: Map<K, number>, name: K): void => void map.set(name, (map.get(name) ?? 0) + 1)

export function fuzz(count: number, seed: number, progress: (done: number) => void = NOTHING): Report {
  const r = randomOf(seed)
  const findings: Finding[] = []
  const results = new Map<string, number>()
  const met = new Map<Fault | Note, number>()
  const saw = (what: Fault | Note): void => bump(met, what)
  let slowest = { hex: '', key: '', ms: 0 }
  const start = performance.now()
  for (let done = 0; done < count && findings.length < MOST_FINDINGS; done++) {
    if (done % FRAGMENTED_ONE_IN === 1) {
      const { frames, key } = fragments(r)
      try {
        bump(results, examineFragments(frames, key, saw))
      } catch (error) {
        findings.push({ bytes: join(...frames), crc: 'stripped', key, error })
      }
      progress(done)
      continue
    }
    const m = mutant(r)
    const from = performance.now()
    try {
      const result = examine(m, saw)
      if (done % EXPLAINED_ONE_IN === 0) explained(m)
      bump(results, result)
      const ms = performance.now() - from > slowest.ms ? fastest(m) : 0
      if (ms > slowest.ms) slowest = { hex: hexOf(m.bytes), key: hexOf(m.key), ms }
    } catch (error) {
      findings.push({ ...m, error })
    }
    progress(done)
  }
  return { count, seed, findings, results, met, seconds: (performance.now() - start) / 1000, slowest }
}

/** By the processor's time, and the best of several runs: the wall's time of one mostly tells that the machine was busy. */
function fastest(m: Mutant): number {
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < 5; i++) {
    const from = process.cpuUsage()
    examine(m)
    const { user, system } = process.cpuUsage(from)
    best = Math.min(best, (user + system) / 1000)
  }
  return best
}

/** Only explains: telegrams whose explanation does not have every byte once. */
export function fuzzExplained(count: number, seed: number, progress: (done: number) => void = NOTHING): readonly Finding[] {
  const r = randomOf(seed)
  const findings: Finding[] = []
  for (let done = 0; done < count && findings.length < MOST_FINDINGS; done++) {
    const m = mutant(r)
    try {
      explained(m)
    } catch (error) {
      findings.push({ ...m, error })
    }
    progress(done)
  }
  return findings
}
