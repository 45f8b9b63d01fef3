import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { closesAt, dayAt, dayBefore, dayOf, endOfDay, nextDay, startOfDay } from '../../src/readings/day.ts'
import { COPENHAGEN, HOUR } from './observations.ts'

const iso = (ms: number): string => new Date(ms).toISOString()
const lengthInHours = (day: string): number => (endOfDay(day, COPENHAGEN) - startOfDay(day, COPENHAGEN)) / HOUR

describe('a local day', () => {
  it.each([
    ['2026-11-23', '2026-11-22T23:00:00.000Z', '2026-11-23T23:00:00.000Z', 24],
    ['2026-03-29', '2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z', 23],
    ['2026-10-25', '2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z', 25],
    ['2028-02-29', '2028-02-28T23:00:00.000Z', '2028-02-29T23:00:00.000Z', 24],
    ['2026-12-31', '2026-12-30T23:00:00.000Z', '2026-12-31T23:00:00.000Z', 24],
  ])('%s lasts from %s to %s', (day, start, end, hours) => {
    expect([iso(startOfDay(day, COPENHAGEN)), iso(endOfDay(day, COPENHAGEN))]).toEqual([start, end])
    expect(lengthInHours(day)).toBe(hours)
  })

  it('holds its first instant and not the next day’s', () => {
    const midnight = Date.UTC(2026, 10, 23, 23)
    expect(dayOf(midnight - 1, COPENHAGEN)).toBe('2026-11-23')
    expect(dayOf(midnight, COPENHAGEN)).toBe('2026-11-24')
    expect(dayOf(midnight, 'UTC')).toBe('2026-11-23')
  })

  it('follows the calendar', () => {
    expect([nextDay('2028-02-28'), nextDay('2026-02-28'), nextDay('2026-12-31')]).toEqual(['2028-02-29', '2026-03-01', '2027-01-01'])
    expect(dayBefore('2028-03-01')).toBe('2028-02-29')
  })

  it('starts where the night has no midnight, too', () => {
    // Cairo, 28 April 2023: 00:00 became 01:00.
    expect(iso(startOfDay('2023-04-28', 'Africa/Cairo'))).toBe('2023-04-27T22:00:00.000Z')
    expect(endOfDay('2023-04-27', 'Africa/Cairo')).toBe(startOfDay('2023-04-28', 'Africa/Cairo'))
  })

  it('refuses a zone that does not exist', () => {
    expect(() => dayOf(0, 'Europe/Albertslund')).toThrow(RangeError)
  })

  it('holds every instant exactly once, whatever was asked before', () => {
    const zone = fc.constantFrom(COPENHAGEN, 'UTC', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe')
    const instant = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2032, 0, 1) })
    // An oracle of another make: Intl knows the same rules.
    const local = (ms: number, timeZone: string): string =>
      new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(ms)
    fc.assert(
      fc.property(fc.array(fc.tuple(instant, zone), { minLength: 1, maxLength: 8 }), (asked) => {
        for (const [ms, timeZone] of asked) {
          const { day, startMs, endMs } = dayAt(ms, timeZone)
          expect(day).toBe(local(ms, timeZone))
          expect(startMs).toBeLessThanOrEqual(ms)
          expect(endMs).toBeGreaterThan(ms)
          expect(dayOf(endMs, timeZone)).toBe(nextDay(day))
          expect(dayOf(startMs - 1, timeZone)).toBe(dayBefore(day))
        }
      }),
      { numRuns: 40 },
    )
  })
})

describe('a day closes', () => {
  const at = (day: string, hours = 2): string => iso(closesAt(day, COPENHAGEN, hours * HOUR))

  it('at 02:00 local time', () => {
    expect(at('2026-11-23')).toBe('2026-11-24T01:00:00.000Z')
    expect(at('2026-07-01')).toBe('2026-07-02T00:00:00.000Z')
  })

  it('at the jump where 02:00 does not exist: the night to 29 March 2026', () => {
    expect(at('2026-03-28')).toBe('2026-03-29T01:00:00.000Z')
    expect(at('2026-03-29')).toBe('2026-03-30T00:00:00.000Z')
  })

  it('at the first 02:00 where there are two: the night to 25 October 2026', () => {
    expect(at('2026-10-24')).toBe('2026-10-25T00:00:00.000Z')
    expect(at('2026-10-25')).toBe('2026-10-26T01:00:00.000Z')
  })

  it('by the wall clock, not so many hours later', () => {
    expect(at('2026-03-28', 4)).toBe('2026-03-29T02:00:00.000Z')
    expect(at('2026-10-24', 4)).toBe('2026-10-25T03:00:00.000Z')
    expect(at('2026-11-23', 0)).toBe('2026-11-23T23:00:00.000Z')
  })
})
