import { describe, expect, it } from 'vitest'
import { identify } from '../../src/identity.ts'
import { decode } from '../../src/wmbus/decode.ts'
import { recordValue } from '../../src/wmbus/value.ts'
import { bcd, hex, integer, join, noHeader, type Sender, stripped, wired } from '../support/telegrams.ts'

const open = (telegram: Uint8Array) => decode(telegram, 'wired', null)
const described = (telegram: Uint8Array) => open(telegram).records.map((r) => [r.quantity, recordValue(r), r.unit, r.storage])

/** CI 73: number, access number, status, unit codes and counters. */
const fixed = (status: number, units: readonly number[], first: Uint8Array, second: Uint8Array): Uint8Array =>
  wired(join([0x73], hex('93929190'), [0x10, status], units, first, second))

describe('fixed structure of wired meters', () => {
  it('tells number, medium and two counters (libmbus sen_pollusonic_2)', () => {
    const telegram = hex('6813136808017393929190 10 00 0569 31650000 69000000 3F16')
    const d = open(telegram)
    expect(d).toMatchObject({ fault: null, notes: [], tpl: { header: 'fixed', accessNumber: 16, status: 0 } })
    expect(identify(d)).toEqual({ manufacturer: 0, id: 0x90919293, version: 0, deviceType: 0x04 })
    expect(described(telegram)).toEqual([
      ['energy', 6531, 'kWh', 0],
      ['volume', 0.069, 'm3', 0],
    ])
  })

  it('counts in binary or BCD, now or at a fixed day', () => {
    expect(described(fixed(0x01, [0x05, 0x2c], integer(300, 4), integer(7, 4)))).toEqual([
      ['energy', 300, 'kWh', 0],
      ['volume', 7, 'm3', 0],
    ])
    expect(described(fixed(0x02, [0x05, 0x3e], bcd(300, 4), bcd(200, 4)))).toEqual([
      ['energy', 300, 'kWh', 1],
      ['energy', 200, 'kWh', 1],
    ])
    expect(described(fixed(0x00, [0x05, 0x3e], bcd(300, 4), bcd(200, 4)))[0]).toEqual(['energy', 300, 'kWh', 0])
  })

  it.each([
    [0x04, 'energy', 100, 'Wh'],
    [0x08, 'energy', 1, 'MWh'],
    [0x10, 'energy', 100, 'MJ'],
    [0x13, 'energy', 100, 'GJ'],
    [0x2b, 'volume', 0.1, 'm3'],
    [0x2e, 'volume', 100, 'm3'],
    [0x33, 'flowRate', 0.01, 'm3/h'],
    [0x38, 'temperature', 0.001, '°C'],
    [0x39, 'heatCostAllocation', 1, 'HCA'],
    [0x3f, 'any', 1, ''],
  ])('unit %i is %s × %f %s', (code, quantity, value, unit) => {
    expect(described(fixed(0, [code, 0x3f], bcd(1, 4), bcd(0, 4)))[0]).toEqual([quantity, value, unit, 0])
  })

  it('is a fault where bytes are missing or left over', () => {
    const content = (bytes: string) => open(wired(hex(bytes))).fault
    expect(content('73 93929190 10')).toBe('tpl.truncated')
    expect(content('73 93929190 10 00 0569 31650000 690000')).toBe('apl.truncated')
    expect(content('73 93929190 10 00 0569 31650000 69000000 00')).toBe('apl.record')
  })

  it('is none on the air: there CI 73 is a compact frame', () => {
    const METER: Sender = { manufacturer: 'ELS', id: '12345678', version: 0x33, type: 0x04 }
    const d = decode(stripped(METER, noHeader(hex('93929190 10 00 0569 31650000 69000000'), 0x73)), 'stripped', null)
    expect(d.tpl?.header).toBe('long')
  })
})
