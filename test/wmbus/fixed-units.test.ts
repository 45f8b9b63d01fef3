import { describe, expect, it } from 'vitest'
import { decode } from '../../src/wmbus/decode.ts'
import { recordValue } from '../../src/wmbus/value.ts'
import { allVifs } from '../../src/wmbus/vif.ts'
import { bcd, hex, integer, join, wired } from '../support/telegrams.ts'

/** CI 73: number, access number, status, unit bytes and counters. */
const read = (units: readonly number[], first = bcd(7, 4), second = bcd(9, 4), status = 0) =>
  decode(wired(join([0x73], hex('93929190'), [0x10, status], units, first, second)), 'wired', null)

/** The table of EN 13757-3 for the fixed structure: unit code → what 1 is. */
const UNITS: readonly (readonly [first: number, quantity: string, unit: string, ...values: number[]])[] = [
  [0x02, 'energy', 'Wh', 1, 10, 100],
  [0x05, 'energy', 'kWh', 1, 10, 100],
  [0x08, 'energy', 'MWh', 1, 10, 100],
  [0x0b, 'energy', 'kJ', 1, 10, 100],
  [0x0e, 'energy', 'MJ', 1, 10, 100],
  [0x11, 'energy', 'GJ', 1, 10, 100],
  [0x14, 'power', 'W', 1, 10, 100],
  [0x17, 'power', 'kW', 1, 10, 100],
  [0x1a, 'power', 'MW', 1, 10, 100],
  [0x1d, 'power', 'kJ/h', 1, 10, 100],
  [0x20, 'power', 'MJ/h', 1, 10, 100],
  [0x23, 'power', 'GJ/h', 1, 10, 100],
  [0x26, 'volume', 'm3', 1e-6, 1e-5, 1e-4],
  [0x29, 'volume', 'm3', 1e-3, 1e-2, 1e-1],
  [0x2c, 'volume', 'm3', 1, 10, 100],
  [0x2f, 'flowRate', 'm3/h', 1e-6, 1e-5, 1e-4],
  [0x32, 'flowRate', 'm3/h', 1e-3, 1e-2, 1e-1],
  [0x35, 'flowRate', 'm3/h', 1, 10, 100],
]
const CODES = UNITS.flatMap(([first, quantity, unit, ...values]) => values.map((value, i) => [first + i, quantity, unit, value] as const))

describe('a unit code of the fixed structure', () => {
  it.each(CODES)('%i is %s in %s, 1 is %f', (code, quantity, unit, value) => {
    const [r] = read([code, 0x3f], bcd(1, 4)).records
    expect([r!.quantity, r!.unit, Number(recordValue(r!))]).toEqual([quantity, unit, value])
    const row = allVifs().find((vif) => vif.quantity === quantity && vif.unit === unit)
    expect([r!.vibKey, r!.vif]).toEqual(row ? [row.id, row] : [-1, expect.anything()])
  })

  it('56 is a temperature, of nobody knows what: no row of the VIF table', () => {
    expect(read([0x38, 0x3f], bcd(21_500, 4)).records[0]).toMatchObject({
      quantity: 'temperature',
      unit: '°C',
      raw: 21_500,
      exponent: -3,
      vibKey: -1,
      vif: { quantity: 'any' },
    })
  })

  it.each([0x00, 0x01, 0x3a, 0x3b, 0x3c, 0x3d, 0x3f])('%i names no quantity we read', (code) => {
    expect(read([code, 0x02]).records[0]).toMatchObject({ quantity: 'any', unit: '', exponent: 0, vibKey: 0 })
  })

  it('tells the medium in its two top bits', () => {
    const typeOf = (first: number, second: number) => read([first | 0x05, second | 0x29]).tpl!.address!.deviceType
    expect([typeOf(0x00, 0x00), typeOf(0x40, 0x00), typeOf(0xc0, 0x00), typeOf(0x00, 0x40), typeOf(0xc0, 0xc0)]).toEqual([0, 1, 3, 4, 15])
    expect(read([0xc5, 0xe9]).records.map((r) => r.unit)).toEqual(['kWh', 'm3'])
  })
})

describe('a counter of the fixed structure', () => {
  it('has the unit of the other one where it is of a day in the past, whichever it is', () => {
    const told = (units: number[], status = 0) => read(units, bcd(7, 4), bcd(9, 4), status).records.map((r) => [r.unit, r.raw, r.storage])
    expect(told([0x05, 0x3e])).toEqual([
      ['kWh', 7, 0],
      ['kWh', 9, 1],
    ])
    expect(told([0x3e, 0x05])).toEqual([
      ['kWh', 7, 1],
      ['kWh', 9, 0],
    ])
    expect(told([0x3e, 0x3e])).toEqual([
      ['', 7, 1],
      ['', 9, 1],
    ])
    expect(told([0x05, 0x29], 0x02)).toEqual([
      ['kWh', 7, 1],
      ['m3', 9, 1],
    ])
  })

  it('is BCD, or binary where the status says so', () => {
    expect(read([0x05, 0x29], hex('FFFFFF0F'), hex('01000000'), 0x01).records.map((r) => r.raw)).toEqual([0x0fffffff, 1])
    expect(read([0x05, 0x29], hex('EEEEEEEE')).records[0]).toMatchObject({ raw: null, missing: 'invalid' })
    expect(read([0x05, 0x29], hex('00000080'), integer(1, 4), 0x01)).toMatchObject({ fault: null, notes: ['apl.invalid-value'] })
  })

  it('is not protected: the structure knows no encryption', () => {
    expect(read([0x05, 0x29]).records.map((r) => r.protected)).toEqual([false, false])
  })

  it('is missing in a frame that ends before it', () => {
    const cut = (length: number) =>
      decode(wired(join([0x73], hex('93929190 10 00 0529 07000000 09000000').subarray(0, length))), 'wired', null)
    expect([6, 7, 8, 11, 12, 15].map((length) => cut(length).fault)).toEqual(new Array(6).fill('apl.truncated'))
    expect([6, 7, 8, 11, 12, 15].map((length) => cut(length).records.length)).toEqual([0, 0, 0, 0, 1, 1])
    expect([0, 3, 4, 5].map((length) => cut(length).fault)).toEqual(new Array(4).fill('tpl.truncated'))
    expect(cut(16)).toMatchObject({ fault: null, records: [{ raw: 7 }, { raw: 9 }] })
  })
})
