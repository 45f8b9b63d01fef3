/** Chance that can be played again: the same numbers for the same seed (mulberry32). */
export interface Dice {
  /** 0 ≤ x < 1. */
  next(): number
  /** 0 ≤ n < `end`. */
  below(end: number): number
  chance(probability: number): boolean
}

export const dice = (seed: number): Dice => {
  let state = seed
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return { next, below: (end) => Math.floor(next() * end), chance: (probability) => next() < probability }
}
