import type { Time } from './steered-clock.ts'

/** What a daemon under torture is told, one JSON object per line of its standard input. */
export type Order =
  | { readonly order: 'steer'; readonly time: Time }
  /** The wall clock alone: so many milliseconds wrong, or not known. */
  | { readonly order: 'wrong'; readonly ms: number | null }
  /** Readings out of thin air, so many per second of the world until `count` are made; `from` numbers them. */
  | { readonly order: 'produce'; readonly from: number; readonly count: number; readonly perSecond: number; readonly day: string }
  /** Makes no more. */
  | { readonly order: 'rest' }
  /** Registers a meter with the key that belongs to its name, and notes it in the journal. */
  | { readonly order: 'register'; readonly meter: string }
  /** Answers how many of these meters do not have their key. */
  | { readonly order: 'keyless'; readonly meters: readonly string[] }

/** What it says, one JSON object per line of its standard output. */
export type Word = { readonly word: 'ready' } | { readonly word: 'keyless'; readonly count: number }
