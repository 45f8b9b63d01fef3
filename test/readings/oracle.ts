import { expect } from 'vitest'
import type { Timed } from '../../src/readings/candidate.ts'
import type { DailyReading } from '../../src/readings/daily-reading.ts'
import { endOfDay, startOfDay } from '../../src/readings/day.ts'
import { TOLERANCE } from './harness.ts'
import { COPENHAGEN } from './observations.ts'

export const inOrder = (all: readonly Timed[]): Timed[] => [...all].sort((a, b) => a.heard.utcMs - b.heard.utcMs)

/** The rule in its plainest words, over everything that was heard: the best precedence per day and meter. */
export function expected(heard: readonly Timed[], days: readonly string[]): [string, number][] {
  const best = new Map<string, number>()
  for (const day of days) {
    const [from, to] = [startOfDay(day, COPENHAGEN), endOfDay(day, COPENHAGEN)]
    for (const {
      meter,
      heard: { utcMs },
    } of heard) {
      const near = Math.abs(utcMs - to) <= TOLERANCE
      if (!near && (utcMs < from || utcMs >= to)) continue
      const score = (near ? 2_999_999 : 1_999_999) - Math.abs(Math.floor(utcMs / 1000) - to / 1000)
      const key = `${day} ${meter}`
      best.set(key, Math.max(best.get(key) ?? 0, score))
    }
  }
  return [...best].sort(([a], [b]) => (a < b ? -1 : 1))
}

/** Every value sent was heard, at the moment that is told. */
export function expectObserved(sent: readonly DailyReading[], heard: readonly Timed[]): void {
  const said = new Set(heard.map((o) => `${o.meter} ${Math.floor(o.heard.utcMs / 1000)} ${o.measurements[0]?.raw}`))
  for (const r of sent) {
    const utcSeconds = Date.parse(r.evidence.observedAt) / 1000
    expect(said).toContain(`${r.meter.manufacturer}-${r.meter.id} ${utcSeconds} ${r.registers['energy']?.value}`)
  }
}
