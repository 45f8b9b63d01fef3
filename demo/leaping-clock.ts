import { type Cancel, type Clock, scaledClock } from '../src/clock.ts'

/**
 * The world's clock, except that it can be told to leap over the minutes in which nothing happens. A clock that merely ran
 * thousands of times as fast would end every time-out of the gateway before a byte could travel; this one lets each telegram
 * and each acknowledgement take the time it takes, and days still pass in seconds.
 */
export interface LeapingClock extends Clock {
  /** Leaps forward to that instant, never back. Timers that fell due on the way ring once, in order, before this returns. */
  leapTo(utcMs: number): void
}

export function leapingClock(startUtcMs: number): LeapingClock {
  const world = scaledClock(1, startUtcMs)
  const timers = new Set<{ readonly due: number; readonly fn: () => void }>()
  let leaptMs = 0
  let disarm: Cancel = () => {}

  const monotonicMs = (): number => world.monotonicMs() + leaptMs
  const utcMs = (): number => Math.round(startUtcMs + monotonicMs())
  const arm = (): void => {
    disarm()
    const next = Math.min(...[...timers].map(({ due }) => due))
    disarm = timers.size === 0 ? () => {} : world.after(next - monotonicMs(), ring)
  }
  const ring = (): void => {
    const nowMs = monotonicMs()
    const due = [...timers].filter((timer) => timer.due <= nowMs).sort((a, b) => a.due - b.due)
    for (const timer of due) if (timers.delete(timer)) timer.fn()
    arm()
  }
  const after: Clock['after'] = (ms, fn) => {
    const timer = { due: monotonicMs() + ms, fn }
    timers.add(timer)
    arm()
    return () => {
      timers.delete(timer)
      arm()
    }
  }
  const every: Clock['every'] = (ms, fn) => {
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
  const leapTo = (toUtcMs: number): void => {
    leaptMs += Math.max(toUtcMs - startUtcMs - monotonicMs(), 0)
    ring()
  }
  return { bootId: world.bootId, monotonicMs, utcMs, after, every, leapTo }
}
