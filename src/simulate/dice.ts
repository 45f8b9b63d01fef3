/** Random numbers that a seed makes again. */
export interface Dice {
  /** 0 ≤ x < 1. */
  next(): number
  between(from: number, to: number): number
  chance(probability: number): boolean
}

/** Mulberry32: 32 bits of state are enough for a city. */
export function dice(seed: number): Dice {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000
  }
  return { next, between: (from, to) => from + next() * (to - from), chance: (probability) => next() < probability }
}
