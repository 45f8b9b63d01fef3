import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { recordValue } from '../../src/wmbus/value.ts'
import { only } from '../support/records.ts'
import { date, dateTime, hexOf, integer, join, record } from '../support/telegrams.ts'

const printed = (bytes: Uint8Array | string) => recordValue(only(bytes))

describe('type G, a date', () => {
  it.each([
    ['426C FE04', '2007-04-30'],
    ['426C 1F3C', '2024-12-31'],
    ['026C 2111', '2009-01-01'],
    ['026C A15A', '2045-10-01'],
    ['026D FE04', '2007-04-30'],
  ])('%s is %s', (bytes, day) => {
    expect(printed(bytes)).toBe(day)
  })

  it('gives back every day from 1981 to 2080', () => {
    const days = fc.date({ min: new Date('1981-01-01'), max: new Date('2080-12-31'), noInvalidDate: true })
    fc.assert(
      fc.property(days, (day) => {
        const iso = day.toISOString().slice(0, 10)
        expect(printed(record('026C', date(iso)))).toBe(iso)
      }),
    )
  })
})

describe('type F, date and time', () => {
  it.each([
    ['046D 32371F15', '2008-05-31T23:50'],
    ['046D 30153036', '2025-06-16T21:48'],
    ['84046D 00204111', '2010-01-01T00:00'],
    ['84046D 00234111', '2010-01-01T03:00'],
    ['046D 32147A18', '2011-08-26T20:50'],
    ['046D 32941F15', '2008-05-31T20:50'], // summer time
    ['046D 00400111', '2108-01-01T00:00'], // hundred year 2
  ])('%s is %s', (bytes, moment) => {
    expect(printed(bytes)).toBe(moment)
  })

  it('gives back every minute from 1981 to 2080', () => {
    const moments = fc.date({ min: new Date('1981-01-01'), max: new Date('2080-12-31'), noInvalidDate: true })
    fc.assert(
      fc.property(moments, fc.boolean(), (moment, summer) => {
        const iso = moment.toISOString().slice(0, 16)
        const bytes = dateTime(iso)
        if (summer) bytes[1]! |= 0x80
        expect(printed(record('046D', bytes))).toBe(iso)
      }),
    )
  })
})

describe('the year', () => {
  it.each([
    ['026C 01A1', '2080-01-01'],
    ['026C 21A1', '1981-01-01'],
    ['026C 61C1', '1999-01-01'],
    ['026C 0101', '2000-01-01'],
    ['046D 00201D02', '2000-02-29T00:00'],
    ['046D 002021A1', '2081-01-01T00:00'],
    ['046D 006001A1', '2280-01-01T00:00'],
  ])('%s is %s: two digits, or counted in hundreds from 1900', (bytes, moment) => {
    expect(printed(bytes)).toBe(moment)
  })
})

describe('the last moment of a day', () => {
  it.each([
    ['046D 3B171F15', '2008-05-31T23:59'],
    ['066D 3B3B9759130C', '2010-03-25T23:59:59'],
  ])('%s is %s', (bytes, moment) => {
    expect(printed(bytes)).toBe(moment)
  })
})

describe('type I, date and time to the second', () => {
  it.each([
    ['868081006D 0000A0411135', '2010-01-01T00:00:00'],
    ['C68181006D 0B0C8D59130C', '2010-03-25T13:12:11'],
    ['868281006D 00008041140D', '2010-04-01T00:00:00'],
  ])('%s is %s', (bytes, moment) => {
    expect(printed(bytes)).toBe(moment)
  })
})

describe('type J, a time of day', () => {
  it.each([
    ['036D 0B0C0D', '13:12:11'],
    ['036D 000000', '00:00:00'],
    ['036D 3B3B17', '23:59:59'],
  ])('%s is %s', (bytes, time) => {
    expect(printed(bytes)).toBe(time)
  })
})

describe('a date that is none', () => {
  it.each([
    ['026C FFFF', 'G, invalid'],
    ['026C 0000', 'G, never'],
    ['026C 0001', 'G, day 0: every day of a month'],
    ['026C 1F0F', 'G, month 15: every month'],
    ['026C FFFC', 'G, year 127: every year'],
    ['026C 3F14', 'G, 31 April'],
    ['026C 3D22', 'G, 29 February 2017'],
    ['046D 00000000', 'F, never'],
    ['046D FFFFFFFF', 'F, all ones'],
    ['046D B2371F15', 'F, invalid bit'],
    ['046D 3C371F15', 'F, minute 60'],
    ['046D 32381F15', 'F, hour 24'],
    ['066D FFFFFFFFFFFF', 'I, all ones'],
    ['066D 000000000000', 'I, never'],
    ['066D 0B8C8D59130C', 'I, invalid bit'],
    ['066D 3C0C8D59130C', 'I, second 60'],
    ['026C 5F0D', 'G, month 13'],
    ['026C 5F00', 'G, month 0'],
    ['026C 5E02', 'G, 30 February'],
    ['026C 81C1', 'G, year 100'],
    ['046D 001E8102', 'F, hour 30'],
    ['046D 00401D02', 'F, 29 February 2100'],
    ['066D 0B3C8D59130C', 'I, minute 60'],
    ['066D 0B0C9859130C', 'I, hour 24'],
    ['066D 0B0C8D40000C', 'I, day 0'],
    ['036D 003C00', 'J, minute 60'],
    ['036D 000018', 'J, hour 24'],
    ['036D FFFFFF', 'J, all ones'],
    ['036D 3C0000', 'J, second 60'],
    ['016C 01', 'a date of one byte'],
  ])('%s (%s) is invalid, not a wrong day', (bytes) => {
    const r = only(bytes)
    expect([recordValue(r), r.missing]).toEqual([null, 'invalid'])
  })

  it('29 February is a day in leap years only', () => {
    for (const year of [2016, 2020, 2024]) expect(printed(record('026C', date(`${year}-02-29`)))).toBe(`${year}-02-29`)
    for (const year of [2017, 2022, 2026]) expect(printed(record('026C', date(`${year}-02-29`)))).toBeNull()
  })

  it('whatever the bytes, what is printed is a day of the calendar and a time of day', () => {
    const anySize = fc.constantFrom([2, '026C'] as const, [3, '036D'] as const, [4, '046D'] as const, [6, '066D'] as const)
    fc.assert(
      fc.property(anySize, fc.bigInt({ min: 0n, max: 2n ** 48n - 1n }), ([size, header], bits) => {
        const value = printed(record(header, integer(bits, size)))
        if (value === null) return
        const [day, time = '00:00'] = size === 3 ? ['2026-11-23', String(value)] : String(value).split('T')
        const moment = new Date(`${day}T${time}Z`)
        expect(moment.toISOString().startsWith(`${day}T${time}`), hexOf(join(integer(bits, size)))).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})
