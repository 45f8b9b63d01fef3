import type { Heard } from './wmbus/telegram.ts'

/** Cancels a timer; calling it twice is harmless. */
export type Cancel = () => void

/**
 * The only clock. Everything that needs time or a timer is handed one, so a replayed day is a fast clock
 * and a test is a clock that stands still until it is moved.
 */
export interface Clock {
  /** Identifies what `monotonicMs` counts from. */
  readonly bootId: string
  /** Milliseconds since an arbitrary start; never steps. */
  monotonicMs(): number
  /** Milliseconds since 1970 UTC, or null while the wall clock is not known to be right. */
  utcMs(): number | null
  /** Calls `fn` once after `ms` milliseconds of this clock. */
  after(ms: number, fn: () => void): Cancel
  /** Calls `fn` every `ms` milliseconds of this clock. */
  every(ms: number, fn: () => void): Cancel
}

/** The clock's present moment in the form a telegram carries. */
export const now = (clock: Clock): Heard => ({ bootId: clock.bootId, monotonicMs: clock.monotonicMs(), utcMs: clock.utcMs() })
