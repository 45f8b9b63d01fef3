import { describe, expect, it } from 'vitest'
import { watchClock } from '../../src/clock/watch.ts'
import { manualClock } from '../../src/clock.ts'

const NOON = Date.UTC(2026, 10, 23, 12)
const MINUTE = 60_000
const DAY = 86_400_000

const watched = (startUtcMs: number | null) => {
  const clock = manualClock(startUtcMs)
  const told: unknown[] = []
  let known = 0
  const tell = (event: string, facts: object = {}): void => void told.push({ event, ...facts })
  const stop = watchClock({ clock, tell, onKnown: () => void known++ })
  return { clock, told, stop, known: () => known }
}

describe('the watch on the clock', () => {
  it('has nothing to tell of one that goes', () => {
    const { clock, told, known } = watched(NOON)
    expect(known()).toBe(1)
    clock.advance(3 * DAY)
    expect(told).toEqual([])
    expect(known()).toBeGreaterThan(3)
  })

  it('gives a box ten minutes to know the time, then tells once that it does not, and tells when it does', () => {
    const { clock, told, known } = watched(null)
    clock.advance(9 * MINUTE)
    expect(told).toEqual([])
    clock.advance(60 * MINUTE)
    expect(told).toMatchObject([{ event: 'clock.untrusted', reason: 'unknown', try: 'the time was not told' }])
    expect(known()).toBe(0)
    clock.setUtc(NOON)
    clock.advance(MINUTE)
    expect(told.slice(1)).toEqual([{ event: 'clock.trusted', reason: 'told' }])
    expect(known()).toBeGreaterThan(0)
  })

  it.each([2 * 3_600_000, -2 * 3_600_000, MINUTE, -400 * DAY])('tells a step of %d ms', (stepMs) => {
    const { clock, told } = watched(NOON)
    clock.advance(5 * MINUTE)
    clock.setUtc(clock.utcMs()! + stepMs)
    clock.advance(10 * MINUTE)
    expect(told).toEqual([{ event: 'clock.stepped', seconds: stepMs / 1000 }])
  })

  it('tells at once when a clock that was right is no longer known to be, and how far it stepped when it is', () => {
    const { clock, told, stop } = watched(NOON)
    clock.setUtc(null)
    clock.advance(MINUTE)
    clock.setUtc(NOON + 3 * MINUTE)
    clock.advance(MINUTE)
    expect(told).toMatchObject([{ event: 'clock.untrusted' }, { event: 'clock.trusted' }, { event: 'clock.stepped', seconds: 120 }])
    stop()
    clock.setUtc(null)
    clock.advance(MINUTE)
    expect(told).toHaveLength(3)
  })
})
