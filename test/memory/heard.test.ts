import { describe, expect, it } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { heardToday } from '../../src/memory/heard.ts'
import type { Outcome } from '../../src/outcome.ts'
import { dayOf } from '../../src/readings/day.ts'

const outcome = (kind: Outcome['kind'], meter: string | null): Outcome => ({ kind, meter }) as Outcome

describe('meters heard today', () => {
  const clock = manualClock(Date.UTC(2026, 10, 23, 22, 59, 59))
  const heard = heardToday(() => {
    const utcMs = clock.utcMs()
    return utcMs === null ? null : dayOf(utcMs, 'Europe/Copenhagen')
  })

  it('are counted once each, by observations of their own', () => {
    for (const meter of ['KAM-00000001', 'KAM-00000002', 'KAM-00000001']) heard.outcome!(outcome('observation', meter))
    for (const kind of ['duplicate', 'unlisted', 'refused', 'fault', 'incomplete', 'internal'] as const)
      heard.outcome!(outcome(kind, 'KAM-00000003'))
    heard.outcome!(outcome('observation', null))
    expect(heard.count()).toBe(2)
  })

  it('are none after local midnight', () => {
    clock.advance(1000)
    expect(heard.count()).toBe(0)
    heard.outcome!(outcome('observation', 'KAM-00000002'))
    expect(heard.count()).toBe(1)
  })

  it('are counted anew when the day is no longer known, and when it is', () => {
    clock.setUtc(null)
    expect(heard.count()).toBe(0)
    heard.outcome!(outcome('observation', 'KAM-00000001'))
    expect(heard.count()).toBe(1)
    clock.setUtc(Date.UTC(2026, 10, 24, 12))
    expect(heard.count()).toBe(0)
  })
})
