/** Inputs that reach what no input reached before are kept and changed further: coverage as AFL and libFuzzer use it. */
import { mutated } from '../mutate.ts'
import type { Random } from '../random.ts'
import type { Instrumented } from './instrumented.ts'

/** How often a place was passed counts by these steps only: 1, 2, 3, 4–7, 8–15, 16–31, 32–127, 128 and more. */
const STEPS = [1, 2, 3, 4, 8, 16, 32, 128]
const LARGEST = 128
const STEP_OF = Uint8Array.from({ length: LARGEST + 1 }, (_, times) => STEPS.reduce((bits, from, i) => (times >= from ? 1 << i : bits), 0))

export interface Search {
  /** Runs one input; keeps it where it reaches something new. Throws what the target throws. */
  attempt(input: Uint8Array): boolean
  /** A kept input, changed. */
  next(r: Random): Uint8Array
  readonly kept: readonly Uint8Array[]
  /** Counters that were ever passed. */
  reached(): readonly number[]
}

const LONGEST = 256
/** One in so many is made of one of the newest. */
const NEWEST = 40

export function search({ run, counters }: Instrumented): Search {
  const seen = new Uint8Array(counters.length)
  const kept: Uint8Array[] = []

  function isNew(): boolean {
    let found = false
    for (let i = 0; i < counters.length; i++) {
      const times = counters[i]!
      if (times === 0) continue
      const step = STEP_OF[times > LARGEST ? LARGEST : times]!
      if ((seen[i]! & step) !== 0) continue
      seen[i]! |= step
      found = true
    }
    return found
  }
  return {
    attempt(input) {
      counters.fill(0)
      run(input)
      const found = isNew()
      if (found) kept.push(input)
      return found
    },
    next(r) {
      const from = r.chance(0.3) ? Math.max(kept.length - NEWEST, 0) : 0
      const input = kept[from + r.below(kept.length - from)]!
      return mutated(r, input, r.pick(kept)).subarray(0, LONGEST)
    },
    kept,
    reached: () => [...seen.keys()].filter((i) => seen[i] !== 0),
  }
}

/** As few of the inputs, and as short ones, as reach what all of them reach. */
export function minimized(instrumented: Instrumented, inputs: readonly Uint8Array[]): readonly Uint8Array[] {
  const again = search(instrumented)
  for (const input of inputs.toSorted((a, b) => a.length - b.length)) again.attempt(input)
  return again.kept
}
