import { describe, expect, it } from 'vitest'
import { emptyDatagram } from '../../src/wmbus/datagram.ts'
import { expandProfiles } from '../../src/wmbus/profile.ts'
import { MOST_RECORDS, readRecords } from '../../src/wmbus/records.ts'
import { momentAfter, type Spacing, spacingOf } from '../../src/wmbus/spacing.ts'
import { recordValue } from '../../src/wmbus/value.ts'
import { read } from '../support/records.ts'
import { bcd, date, dateTime, dib, hex, integer, join, record } from '../support/telegrams.ts'

/** Records that a profile was expanded into: they have no header of their own. */
const series = (records: Uint8Array) => read(records).records.filter((r) => r.at === r.dataAt)
const valuesOf = (records: Uint8Array) => series(records).map(recordValue)

const STORED = { storage: 8, tariff: 1, subunit: 1, fn: 1 }
const MOMENT = record(join(dib({ coding: 4, ...STORED }), [0x6d]), dateTime('2024-01-01T00:00'))
const volume = (changed = {}, vib = '13') => record(join(dib({ coding: 12, ...STORED, ...changed }), hex(vib)), bcd(1000, 4))
/** Months, 16 bits, in the mode that the top bits of the control name: 1 increments. */
const profile = (elements: Uint8Array, { mode = 1, coding = 2, vib = '93', vife = 0x1f, value = 254 } = {}): Uint8Array =>
  record(join(dib({ coding: 13, ...STORED }), hex(vib), [vife]), join([elements.length + 2, (mode << 6) | 0x30 | coding, value], elements))

const INCREMENTS = profile(integer(5, 2))

describe('what increments are added to', () => {
  it('is the value of the same meaning, storage, tariff, subunit and function', () => {
    expect(valuesOf(join(MOMENT, volume(), INCREMENTS))).toEqual([1.005])
    for (const changed of [{ storage: 9 }, { tariff: 2 }, { subunit: 0 }, { fn: 2 }]) {
      expect(valuesOf(join(MOMENT, volume(changed), INCREMENTS))).toEqual([])
    }
    for (const vib of ['14', '3B', '933C', '9374']) expect(valuesOf(join(MOMENT, volume({}, vib), INCREMENTS))).toEqual([])
  })

  it('may stand behind the profile, among others', () => {
    expect(valuesOf(join(INCREMENTS, volume({ storage: 9 }), volume(), MOMENT))).toEqual([1.005])
  })

  it('has the profile’s own modifiers, but the one that makes it a profile', () => {
    const backward = profile(integer(5, 2), { vib: '93BC' })
    expect(valuesOf(join(volume(), backward))).toEqual([])
    const [r] = series(join(volume({}, '933C'), backward))
    expect(r).toMatchObject({ raw: 1005, exponent: -3, modifiers: [{ name: 'backward' }], ...STORED, storage: 9 })
    expect(r!.vibKey).toBe(read(volume({}, '933C')).records[0]!.vibKey)
  })

  it('is exact past what a number holds', () => {
    const large = record(join(dib({ coding: 7, ...STORED }), [0x13]), integer(2n ** 53n - 3n, 8))
    const sums = series(join(large, profile(join(integer(2, 2), integer(3, 2))))).map((r) => r.raw)
    expect(sums).toEqual([Number.MAX_SAFE_INTEGER, 2n ** 53n + 2n])
    const small = record(join(dib({ coding: 7, ...STORED }), [0x13]), integer(-(2n ** 53n) + 3n, 8))
    const differences = series(join(small, profile(join(integer(2, 2), integer(3, 2)), { mode: 2 }))).map((r) => r.raw)
    expect(differences).toEqual([Number.MIN_SAFE_INTEGER, -(2n ** 53n) - 2n])
  })
})

describe('elements', () => {
  it.each([
    ['1 byte', 1, 1],
    ['2 bytes', 2, 2],
    ['3 bytes', 3, 3],
    ['4 bytes', 4, 4],
    ['6 bytes', 6, 6],
    ['8 bytes', 7, 8],
  ])('of %s are unsigned as increments, and all ones are none', (_, coding, size) => {
    const top = 2n ** BigInt(8 * size) - 2n
    expect(series(join(volume(), profile(integer(top, size), { coding }))).map((r) => BigInt(r.raw!))).toEqual([1000n + top])
    expect(valuesOf(join(volume(), profile(integer(top + 1n, size), { coding })))).toEqual([])
    expect(valuesOf(profile(integer(-1, size), { coding, mode: 0 }))).toEqual([-0.001])
  })

  it.each([
    [9, 1],
    [10, 2],
    [11, 3],
    [12, 4],
    [14, 6],
  ])('of BCD coding %i are numbers', (coding, size) => {
    expect(valuesOf(profile(bcd(7, size), { coding, mode: 0 }))).toEqual([0.007])
  })

  it.each([0, 5, 8, 13, 15])('of coding %i are none: the profile stays one record', (coding) => {
    expect(valuesOf(profile(new Uint8Array(8), { coding, mode: 0 }))).toEqual([])
  })

  it('that are dates are dates', () => {
    const days = profile(join(date('2024-03-31'), hex('FFFF'), date('2025-03-31')), { mode: 0, vib: 'EC' })
    expect(series(days).map((r) => [r.storage, recordValue(r), r.type])).toEqual([
      [9, '2024-03-31', 'date'],
      [11, '2025-03-31', 'date'],
    ])
  })

  it('stand where they stand in the telegram', () => {
    const bytes = profile(join(integer(5, 2), integer(6, 2)), { mode: 0 })
    const d = read(bytes)
    const [whole, first, second] = d.records
    expect([first!.at, first!.dataAt, first!.end]).toEqual([whole!.dataAt + 3, whole!.dataAt + 3, whole!.dataAt + 5])
    expect([second!.at, second!.end]).toEqual([whole!.dataAt + 5, whole!.end])
  })

  it('are none of a profile that says it is in error, or whose data are no series', () => {
    expect(valuesOf(profile(integer(5, 2), { vib: '9395', mode: 0 }))).toEqual([])
    expect(valuesOf(profile(integer(5, 2), { vib: '93FB', mode: 0 }))).toEqual([])
    expect(series(record(hex('0D931F'), hex('00')))).toEqual([])
    expect(series(record(hex('0D931F'), hex('01 32')))).toEqual([])
    expect(series(record(hex('0D931F'), hex('02 32FE')))).toEqual([])
    // LVAR E6, a number of six bytes, and a number of two.
    expect(series(record(hex('0D931F'), hex('E6 32FE05000600')))).toEqual([])
    expect(series(record(hex('02931F'), hex('32FE')))).toEqual([])
    expect(series(record(hex('04931F'), hex('0431FE05')))).toEqual([])
  })

  it('may fill the longest text, 191 bytes', () => {
    expect(valuesOf(profile(new Uint8Array(189).fill(1), { coding: 1, mode: 0 }))).toHaveLength(189)
  })

  it('are bounded, however many profiles a message has', () => {
    const one = record(hex('0D931F'), join([0xbf, 0x31, 0xfe], new Uint8Array(189).fill(1)))
    const bytes = join(...new Array(6).fill(one))
    const d = { ...emptyDatagram(), bytes, end: bytes.length }
    expect(readRecords(d)).toBeUndefined()
    expandProfiles(d)
    expect(d.records).toHaveLength(MOST_RECORDS)
  })
})

describe('the moments of a series', () => {
  const dated = (moment: Uint8Array) => series(join(moment, profile(integer(5, 2), { mode: 0 }))).map((r) => r.date)

  it('start from the date of the same storage', () => {
    expect(dated(MOMENT)).toEqual(['2024-02-01T00:00'])
    expect(dated(record(join(dib({ coding: 2, storage: 8 }), [0x6c]), date('2024-01-31')))).toEqual(['2024-02-29'])
    expect(dated(record(join(dib({ coding: 2, storage: 7 }), [0x6c]), date('2024-01-31')))).toEqual([null])
  })

  it('do not start from what another modifier dates, nor from what is no date', () => {
    expect(dated(record(join(dib({ coding: 4, storage: 8 }), hex('ED39')), dateTime('2024-01-01T00:00')))).toEqual([null])
    expect(dated(record(join(dib({ coding: 13, storage: 8 }), hex('FD11')), hex('0A 31302D31302D34323032')))).toEqual([null])
    expect(dated(record(join(dib({ coding: 4, storage: 8 }), [0x6d]), hex('80000000')))).toEqual([null])
  })

  it('start from the date where a time of day stands before it', () => {
    const time = record(join(dib({ coding: 3, storage: 8 }), [0x6d]), hex('0A0B0C'))
    expect(dated(join(time, MOMENT))).toEqual(['2024-02-01T00:00'])
  })

  it('count gaps', () => {
    const some = join(MOMENT, profile(hex('0500 0080 0700'), { mode: 0 }))
    expect(series(some).map((r) => r.date)).toEqual(['2024-02-01T00:00', '2024-04-01T00:00'])
  })

  it('go back in an inverse profile', () => {
    const some = join(MOMENT, profile(join(integer(5, 2), integer(6, 2)), { mode: 0, vife: 0x13 }))
    expect(series(some).map((r) => [r.storage, r.date])).toEqual([
      [9, '2023-12-01T00:00'],
      [10, '2023-11-01T00:00'],
    ])
  })
})

describe('steps', () => {
  const half = { halfMonths: 1 }
  it.each<[string, Spacing, number, string]>([
    ['2024-01-14', half, 1, '2024-01-29'],
    ['2024-01-20', half, 1, '2024-02-05'],
    ['2024-01-30', half, 1, '2024-02-15'],
    ['2024-04-30', half, 1, '2024-05-15'],
    ['2024-02-15', half, 1, '2024-02-29'],
    ['2024-02-16', half, 1, '2024-03-01'],
    ['2024-12-31', half, 1, '2025-01-15'],
    ['2024-12-16', half, 1, '2025-01-01'],
    ['2024-02-01', half, -1, '2024-01-16'],
    ['2024-02-01', half, -2, '2024-01-01'],
    ['2024-03-15', half, -1, '2024-02-29'],
    ['2024-01-01', half, 3, '2024-02-16'],
    ['2024-12-15', { halfMonths: 2 }, 1, '2025-01-15'],
    ['2024-03-29', { halfMonths: 2 }, -1, '2024-02-29'],
    ['2024-03-30', { halfMonths: 2 }, -1, '2024-02-29'],
    ['2024-04-30', { halfMonths: 2 }, 1, '2024-05-31'],
    ['2024-01-01', { seconds: 86_400 }, 60, '2024-03-01'],
    ['2024-01-01T12:34', { seconds: 86_400 }, -1, '2023-12-31T12:34'],
    ['2024-01-01T12:34', { seconds: 61 }, 2, '2024-01-01T12:36:02'],
    ['2024-01-01T12:34:56', { seconds: 3600 }, 1, '2024-01-01T13:34:56'],
    ['2024-01-31T12:34:56', half, 2, '2024-02-29T12:34:56'],
  ])('%s and %o times %i is %s', (base, step, steps, moment) => {
    expect(momentAfter(base, step, steps)).toBe(moment)
  })

  it('of less than a day have no moment where the base has no time', () => {
    expect(momentAfter('2024-01-01', { seconds: 3600 }, 24)).toBeNull()
    expect(momentAfter('2024-01-01', { seconds: 90_000 }, 1)).toBeNull()
    expect(momentAfter('2024-01-01T00:00', { seconds: 90_000 }, 1)).toBe('2024-01-02T01:00')
  })

  it.each([
    [0, 1, { seconds: 1 }],
    [1, 2, { seconds: 120 }],
    [2, 250, { seconds: 900_000 }],
    [3, 7, { seconds: 604_800 }],
    [0, 253, { halfMonths: 1 }],
    [3, 253, { halfMonths: 1 }],
    [1, 254, { halfMonths: 12 }],
    [2, 254, { halfMonths: 6 }],
    [3, 254, { halfMonths: 2 }],
    [0, 254, null],
    [2, 0, null],
    [2, 251, null],
    [1, 252, null],
    [1, 255, null],
  ])('unit %i and value %i are %o', (unit, value, step) => {
    expect(spacingOf(unit, value)).toEqual(step)
  })
})
