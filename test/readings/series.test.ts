import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { startSeries } from '../../src/readings/series.ts'
import { openStore } from '../../src/store/open.ts'
import type { HourlyValue } from '../../src/store/store.ts'
import { temporaryDirectory } from '../store/state.ts'
import { HOUR, METERS, MINUTE, observation } from './observations.ts'

const START = Date.UTC(2026, 9, 24, 22)

/** A store with a series that takes what is heard at those moments, and is stopped. */
const kept = (
  heard: readonly { readonly atMs: number; readonly meter: string; readonly kWh: number }[],
  meters: readonly string[] | null,
) => {
  const clock = manualClock(START)
  const store = openStore({ directory: temporaryDirectory(), kek: null, clock })
  const series = startSeries({ clock, log: silentLog, series: store.series, meters: meters && new Set(meters) })
  for (const { atMs, meter, kWh } of heard) {
    clock.advanceTo(Math.max(clock.utcMs()!, START + atMs))
    series.offer(observation(START + atMs, kWh, { meter }))
  }
  series.stop()
  const values = store.series.list({})
  store.close()
  return values
}

const heard = fc.record({ atMs: fc.nat(30 * HOUR), meter: fc.constantFrom(...METERS), kWh: fc.nat(9) })

describe('the hourly series', () => {
  test('keeps of every meter and hour the last state heard in it, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(heard, { maxLength: 40 }), fc.boolean(), (all, isLate) => {
        const unique = [...new Map(all.map((one) => [`${one.meter} ${one.atMs}`, one])).values()]
        const order = isLate ? unique : unique.toSorted((a, b) => a.atMs - b.atMs)
        const expected = new Map<string, string>()
        for (const { atMs, meter, kWh } of unique.toSorted((a, b) => a.atMs - b.atMs))
          expected.set(`${Math.floor((START + atMs) / HOUR)} ${meter}`, `${START + atMs} {"energy":{"value":"${kWh}","unit":"kWh"}}`)
        const found = kept(order, null).map((v: HourlyValue) => [`${v.hour} ${v.meter}`, `${v.observedAt} ${v.registers}`] as const)
        expect(new Map(found)).toEqual(expected)
        expect(found).toHaveLength(expected.size)
      }),
      { numRuns: 8 },
    )
  })

  test('is of the meters that are named', () => {
    const all = METERS.map((meter, n) => ({ atMs: n * MINUTE, meter, kWh: n }))
    expect(kept(all, [METERS[1]!]).map(({ meter }) => meter)).toEqual([METERS[1]])
  })

  test('is on the disk within a minute after the hour, and waits where the disk refuses', () => {
    const clock = manualClock(START)
    let refuses = true
    const rows: HourlyValue[] = []
    const put = (values: readonly HourlyValue[]): void => {
      if (refuses) throw new Error('SQLITE_FULL')
      rows.push(...values)
    }
    const series = startSeries({ clock, log: silentLog, series: { put }, meters: null })
    series.offer(observation(START + MINUTE, 5))
    series.offer(observation(START + 2 * MINUTE, 6, { meter: METERS[1]! }))
    series.forget(METERS[1]!)
    clock.advance(HOUR + MINUTE)
    expect(rows).toEqual([])
    refuses = false
    clock.advance(MINUTE)
    expect(rows).toMatchObject([{ meter: METERS[0], observedAt: START + MINUTE }])
    series.stop()
    expect(rows).toHaveLength(1)
  })
})
