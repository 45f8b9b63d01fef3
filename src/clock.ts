import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type TrustReason, wallClock } from './clock/wall.ts'
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
  /** Why the wall clock is known to be right, or why it is not; absent from clocks that were told the time. */
  readonly trust?: () => TrustReason
  /** Calls `fn` once after `ms` milliseconds of this clock, never before `after` has returned. */
  after(ms: number, fn: () => void): Cancel
  /** Calls `fn` every `ms` milliseconds of this clock. */
  every(ms: number, fn: () => void): Cancel
}

/** Milliseconds since 1970 UTC as RFC 3339 UTC, to the second that has begun. */
export const utcText = (utcMs: number): string => `${new Date(utcMs).toISOString().slice(0, 19)}Z`

/** A clock that stands still until it is moved. */
export interface ManualClock extends Clock {
  /** Lets `ms` milliseconds pass: due timers fire one by one, in order, each at its own moment, before this returns. */
  advance(ms: number): void
  /** Lets time pass until that instant; a clock that did not know the time learns it instead. Throws on the way back. */
  advanceTo(utcMs: number): void
  /** Steps the wall clock alone, as NTP or a person does; null: no longer known to be right. No time passes. */
  setUtc(utcMs: number | null): void
}

/** Why the wall clock is known to be right, or why it is not. */
export const trustIn = (clock: Clock): TrustReason => clock.trust?.() ?? (clock.utcMs() === null ? 'unknown' : 'told')

/** The clock's present moment in the form a telegram carries. */
export const now = (clock: Clock): Heard => ({ bootId: clock.bootId, monotonicMs: clock.monotonicMs(), utcMs: clock.utcMs() })

/** The most one Node timer can wait: 2^31 − 1 ms, 24.8 days. A longer one would fire at once. */
const LONGEST_WAIT_MS = 0x7fff_ffff

/** Milliseconds since boot on Linux (CLOCK_MONOTONIC), so that it goes on across a restart of the process. */
const sinceBootMs = (): number => Number(process.hrtime.bigint()) / 1e6

/** The unit hands the boot id in, because the sandbox hides /proc/sys. */
function systemBootId(): string {
  const handedIn = process.env['VARMESKY_BOOT_ID']
  if (handedIn) return handedIn
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return randomUUID()
  }
}

/** A periodic timer made of single ones. The beat is kept; beats that a busy or sleeping machine missed are not made up for. */
const everyBy =
  (monotonicMs: Clock['monotonicMs'], after: Clock['after']): Clock['every'] =>
  (ms, fn) => {
    let due = monotonicMs()
    let cancel: Cancel
    const next = (): void => {
      const nowMs = monotonicMs()
      due = Math.max(due + Math.max(ms, 1), nowMs)
      cancel = after(due - nowMs, () => {
        next()
        fn()
      })
    }
    next()
    return () => cancel()
  }

/**
 * Timers of a clock that runs `factor` times as fast as the world. They keep the process alive, as Node's own do: a daemon
 * whose last port is waiting to be opened again has nothing else to live by. Whoever sets one cancels it at its own stop.
 */
const afterBy =
  (monotonicMs: Clock['monotonicMs'], factor: number): Clock['after'] =>
  (ms, fn) => {
    const due = monotonicMs() + ms
    let timer: NodeJS.Timeout
    const wait = (): void => {
      const leftMs = Math.ceil((due - monotonicMs()) / factor)
      timer = setTimeout(ring, Math.min(Math.max(leftMs, 0), LONGEST_WAIT_MS))
    }
    const ring = (): void => (monotonicMs() < due ? wait() : fn())
    wait()
    return () => clearTimeout(timer)
  }

/** The machine's clock. `trust`: the setting `clock.trust`, what must be seen before the wall clock counts as right. */
export function systemClock(trust = 'auto'): Clock {
  const wall = wallClock({ trust, monotonicMs: sinceBootMs })
  const after = afterBy(sinceBootMs, 1)
  return {
    bootId: systemBootId(),
    monotonicMs: sinceBootMs,
    utcMs: wall.utcMs,
    trust: wall.reason,
    after,
    every: everyBy(sinceBootMs, after),
  }
}

/** A clock that starts at `startUtcMs` and runs `factor` times as fast as the world: a day in a minute is 1440. */
export function scaledClock(factor: number, startUtcMs: number): Clock {
  const start = sinceBootMs()
  const monotonicMs = (): number => (sinceBootMs() - start) * factor
  const utcMs = (): number => Math.floor(startUtcMs + monotonicMs())
  const after = afterBy(monotonicMs, factor)
  return { bootId: randomUUID(), monotonicMs, utcMs, after, every: everyBy(monotonicMs, after) }
}

/** A clock for tests and replay, standing at `startUtcMs` (null: the wall clock is not known) until it is moved. */
export function manualClock(startUtcMs: number | null): ManualClock {
  const timers = new Set<{ due: number; fn: () => void }>()
  let monotonic = 0
  let wallAhead = startUtcMs

  const monotonicMs = (): number => monotonic
  const utcMs = (): number | null => (wallAhead === null ? null : wallAhead + monotonic)
  const setUtc = (utc: number | null): void => {
    wallAhead = utc === null ? null : utc - monotonic
  }
  const after = (ms: number, fn: () => void): Cancel => {
    const timer = { due: monotonic + Math.max(ms, 0), fn }
    timers.add(timer)
    return () => timers.delete(timer)
  }
  const advance = (ms: number): void => {
    if (!(ms >= 0)) throw new RangeError(`a clock does not run backwards (advance ${ms} ms); setUtc steps the wall clock`)
    const end = monotonic + ms
    for (;;) {
      let next: { due: number; fn: () => void } | undefined
      for (const timer of timers) if (timer.due <= end && (next === undefined || timer.due < next.due)) next = timer
      if (next === undefined) break
      timers.delete(next)
      monotonic = Math.max(monotonic, next.due)
      next.fn()
    }
    monotonic = Math.max(monotonic, end)
  }
  const advanceTo = (utc: number): void => {
    const from = utcMs()
    if (from === null) setUtc(utc)
    else advance(utc - from)
  }
  return { bootId: randomUUID(), monotonicMs, utcMs, after, every: everyBy(monotonicMs, after), advance, advanceTo, setUtc }
}
