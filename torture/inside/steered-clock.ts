import type { Cancel, Clock } from '../../src/clock.ts'

/** Where the time of a run stood at a moment of the world, and how fast it runs. */
export interface Time {
  readonly rate: number
  readonly utcMs: number
  readonly worldMs: number
}

/** A clock that is told how fast to run, to leap, to show a wrong time, or to know none. */
export interface SteeredClock extends Clock {
  steer(time: Time): void
  /** The wall clock alone: so much wrong, or (null) not known. */
  setWrong(ms: number | null): void
}

/** Monotonic time counts from here, so that it goes on across a restart. */
const BOOT_UTC_MS = Date.UTC(2020, 0, 1)
const LONGEST_MS = 1_000_000

export const steeredClock = (start: Time): SteeredClock => {
  let time = start
  let wrongMs: number | null = 0
  let alarm: NodeJS.Timeout | undefined
  const timers = new Set<{ readonly due: number; readonly fn: () => void }>()
  const trueUtcMs = (): number => time.utcMs + (Date.now() - time.worldMs) * time.rate
  const monotonicMs = (): number => trueUtcMs() - BOOT_UTC_MS

  const arm = (): void => {
    clearTimeout(alarm)
    let next = Number.POSITIVE_INFINITY
    for (const { due } of timers) next = Math.min(next, due)
    if (next === Number.POSITIVE_INFINITY) return
    alarm = setTimeout(ring, Math.min(Math.max(Math.ceil((next - monotonicMs()) / time.rate), 0), LONGEST_MS))
  }
  const ring = (): void => {
    const due = [...timers].filter((timer) => timer.due <= monotonicMs()).sort((a, b) => a.due - b.due)
    for (const timer of due) if (timers.delete(timer)) timer.fn()
    arm()
  }
  const after = (ms: number, fn: () => void): Cancel => {
    const timer = { due: monotonicMs() + Math.max(ms, 0), fn }
    timers.add(timer)
    arm()
    return () => void timers.delete(timer)
  }
  const every = (ms: number, fn: () => void): Cancel => {
    let cancel: Cancel
    const next = (): void => {
      cancel = after(ms, () => {
        next()
        fn()
      })
    }
    next()
    return () => cancel()
  }
  return {
    bootId: 'torture',
    monotonicMs,
    utcMs: () => (wrongMs === null ? null : Math.floor(trueUtcMs() + wrongMs)),
    after,
    every,
    steer(next) {
      time = next
      ring()
    },
    setWrong(ms) {
      wrongMs = ms
    },
  }
}
