import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { momentAfter, spacingOf } from '../../src/wmbus/spacing.ts'
import { recordValue } from '../../src/wmbus/value.ts'
import { read } from '../support/records.ts'
import { bcd, date, dateTime, dib, hex, integer, join, record } from '../support/telegrams.ts'

/** Storage number, value and moment of the records that profiles were expanded into. */
const expanded = (records: Uint8Array | string) =>
  read(records)
    .records.filter((r) => r.at === r.dataAt)
    .map((r) => [r.storage, recordValue(r), r.date])

const LVAR = 13
const BASE = dateTime('2024-01-01T00:00')
interface Series {
  readonly control: number
  readonly value: number
  readonly elements: Uint8Array
  readonly vife?: number
}
/** Volume in litres of storage 8 with its moment, and its profile. */
const volumes = ({ control, value, elements, vife = 0x1f }: Series, moment = BASE, volume = bcd(1000, 4)): Uint8Array =>
  join(
    record(join(dib({ coding: moment.length, storage: 8 }), [moment.length === 2 ? 0x6c : 0x6d]), moment),
    record(join(dib({ coding: 12, storage: 8 }), [0x13]), volume),
    profile({ control, value, elements, vife }),
  )
const profile = ({ control, value, elements, vife = 0x1f }: Series): Uint8Array =>
  record(join(dib({ coding: LVAR, storage: 8 }), [0x93, vife]), join([elements.length + 2, control, value], elements))

describe('compact profile', () => {
  it('with register numbers: EN 13757-3, F.2.6', () => {
    const telegram = `868081006D 0000A0411135 8490810003 F0490200 8D908100831E 0A34FEA0860100D0FB0100
      C68181006D 0B0C8D59130C C491810003 905F0100 868281006D 00008041140D 8492810003 50C30000 8D928100831E 0634FE00710200`
    expect(expanded(telegram)).toEqual([
      [33, 100000, '2010-02-01T00:00:00'],
      [34, 130000, '2010-03-01T00:00:00'],
      [37, 160000, '2010-05-01T00:00:00'],
    ])
    expect(read(telegram).records.at(-1)).toMatchObject({ tariff: 1, unit: 'Wh', modifiers: [] })
  })

  it('of increments: EN 13757-3, F.2.7', () => {
    expect(expanded('84046D00204111 8B0415003012 8D04951F056901030211')).toEqual([
      [9, 12300.3, '2010-01-01T01:00'],
      [10, 12300.5, '2010-01-01T02:00'],
      [11, 12301.6, '2010-01-01T03:00'],
    ])
  })

  it('back in time: EN 13757-3, F.2.8', () => {
    expect(expanded('84046D00234111 8B0415163012 8D049513056901110203')).toEqual([
      [9, 12300.5, '2010-01-01T02:00'],
      [10, 12300.3, '2010-01-01T01:00'],
      [11, 12300, '2010-01-01T00:00'],
    ])
  })

  it.each([
    ['values', 0x32, integer(-5, 2), integer(2000, 2), [-0.005, 2]],
    ['increments', 0x72, integer(5, 2), integer(65000, 2), [1.005, 66.005]],
    ['decrements', 0xb2, integer(5, 2), integer(65000, 2), [0.995, -64.005]],
    ['signed differences', 0xf2, integer(5, 2), integer(-536, 2), [1.005, 0.469]],
    ['BCD differences with a minus', 0xfb, bcd(5, 3), bcd(-536, 3), [1.005, 0.469]],
    ['64-bit values', 0x37, integer(2n ** 62n, 8), integer(1, 8), ['4611686018427387.904', 0.001]],
  ])('of %s', (_, control, first, second, values) => {
    const series = { control, value: 254, elements: join(first, second) }
    expect(expanded(volumes(series)).map(([, value]) => value)).toEqual(values)
    // The same differences backwards, counted from the same base.
    const back = expanded(volumes({ ...series, vife: 0x13 })).map(([, value]) => value)
    const isSeries = control < 0x40
    expect(back).toEqual(isSeries ? values : values.map((value) => Number((2 - Number(value)).toFixed(3))))
  })

  it('leaves a gap where a value is not available, and ends where a difference is not', () => {
    const signed = { control: 0x32, value: 254, elements: hex('0500 0080 0700') }
    expect(expanded(volumes(signed)).map(([storage]) => storage)).toEqual([9, 11])
    for (const [control, missing] of [
      [0x72, 'FFFF'],
      [0xf2, '0080'],
      [0x7a, 'FFFF'],
      [0x7a, 'A000'],
    ] as const) {
      expect(expanded(volumes({ control, value: 254, elements: hex(`0500 ${missing} 0700`) }))).toHaveLength(1)
    }
  })

  it('ends with its last whole element', () => {
    expect(expanded(volumes({ control: 0x34, value: 254, elements: hex('01000000 020000') }))).toHaveLength(1)
    expect(expanded(volumes({ control: 0x34, value: 254, elements: hex('') }))).toEqual([])
  })

  it('needs a base to add differences to, not to tell values', () => {
    const elements = integer(5, 2)
    expect(expanded(profile({ control: 0x72, value: 254, elements }))).toEqual([])
    expect(expanded(profile({ control: 0x32, value: 254, elements }))).toEqual([[9, 0.005, null]])
    expect(expanded(volumes({ control: 0x72, value: 254, elements }, BASE, hex('EEEEEEEE')))).toEqual([])
    const otherDecade = join(record('8C0416', bcd(1, 4)), profile({ control: 0x72, value: 254, elements }))
    expect(expanded(otherDecade)).toEqual([])
  })

  it('has no moments where the base has none, or spacing tells none', () => {
    const elements = integer(5, 2)
    expect(expanded(volumes({ control: 0x32, value: 0, elements }))).toEqual([[9, 0.005, null]])
    expect(expanded(volumes({ control: 0x32, value: 252, elements }))).toEqual([[9, 0.005, null]])
    expect(expanded(volumes({ control: 0x32, value: 254, elements }, hex('FFFFFFFF')))).toEqual([[9, 0.005, null]])
    expect(expanded(volumes({ control: 0x32, value: 254, elements }, hex('0A0B0C')))).toEqual([[9, 0.005, null]])
    expect(expanded(volumes({ control: 0x22, value: 1, elements }, date('2024-01-01')))).toEqual([[9, 0.005, null]])
  })

  it.each([
    ['reals', 0x35, 0x1f],
    ['no data', 0x30, 0x1f],
    ['a variable length', 0x3d, 0x1f],
    ['another modifier', 0x32, 0x12],
  ])('stays one record with elements of %s', (_, control, vife) => {
    expect(expanded(volumes({ control, value: 254, elements: hex('01000000'), vife }))).toEqual([])
  })

  it('keeps the records it stands among, and what protected them', () => {
    const d = read(volumes({ control: 0x32, value: 254, elements: integer(5, 2) }))
    expect(d).toMatchObject({ fault: null, notes: [] })
    expect(d.records.map((r) => r.storage)).toEqual([8, 8, 8, 9])
    expect(d.records[3]).toMatchObject({ protected: d.records[2]!.protected, quantity: 'volume', unit: 'm3', exponent: -3 })
  })

  it('ends and stays bounded whatever its bytes are', () => {
    const bytes = fc.uint8Array({ maxLength: 180 })
    fc.assert(
      fc.property(bytes, fc.nat(255), fc.nat(255), fc.constantFrom(0x13, 0x1e, 0x1f), (elements, control, value, vife) => {
        const d = read(volumes({ control, value, elements, vife }))
        expect(d.fault).toBeNull()
        expect(d.records.length).toBeLessThanOrEqual(3 + elements.length)
      }),
    )
  })
})

describe('moments', () => {
  const HALF = spacingOf(3, 253)!
  const MONTH = spacingOf(3, 254)!
  it.each([
    ['2024-01-31', MONTH, 1, '2024-02-29'],
    ['2024-02-29', MONTH, 1, '2024-03-31'],
    ['2023-12-31T23:50', MONTH, 2, '2024-02-29T23:50'],
    ['2024-01-30', MONTH, 1, '2024-02-29'],
    ['2024-01-01', MONTH, -1, '2023-12-01'],
    ['2024-03-31', MONTH, -13, '2023-02-28'],
    ['2024-01-01', spacingOf(2, 254)!, 1, '2024-04-01'],
    ['2024-01-01', spacingOf(1, 254)!, -1, '2023-07-01'],
    ['2024-01-01', HALF, 1, '2024-01-16'],
    ['2024-01-01', HALF, 2, '2024-02-01'],
    ['2024-01-16', HALF, 1, '2024-02-01'],
    ['2024-01-16', HALF, -1, '2024-01-01'],
    ['2024-01-15', HALF, 1, '2024-01-31'],
    ['2024-02-29', HALF, 1, '2024-03-15'],
    ['2024-01-31', HALF, -1, '2024-01-15'],
    ['2024-01-01', spacingOf(3, 250)!, 1, '2024-09-07'],
    ['2024-01-01T00:00', spacingOf(2, 1)!, -1, '2023-12-31T23:00'],
    ['2024-01-01T00:00', spacingOf(1, 15)!, 1, '2024-01-01T00:15'],
    ['2024-01-01T00:00', spacingOf(0, 90)!, 1, '2024-01-01T00:01:30'],
    ['2024-01-01T00:00:30', spacingOf(0, 60)!, 1, '2024-01-01T00:01:30'],
    ['2024-01-01', spacingOf(2, 24)!, 1, '2024-01-02'],
    ['2024-01-01', spacingOf(2, 1)!, 24, null],
    ['nonsense', MONTH, 1, null],
  ])('%s and %o times %i is %s', (base, step, steps, moment) => {
    expect(momentAfter(base, step, steps)).toBe(moment)
  })

  it('are none for an array and for reserved spacing', () => {
    for (const value of [0, 251, 252, 255]) expect(spacingOf(3, value)).toBeNull()
    expect(spacingOf(0, 254)).toBeNull()
  })
})
