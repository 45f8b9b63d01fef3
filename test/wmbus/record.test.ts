import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { recordValue } from '../../src/wmbus/value.ts'
import { only, read } from '../support/records.ts'
import { dib, hex, hexOf, integer, join, record } from '../support/telegrams.ts'

describe('the data information block', () => {
  it.each([
    ['0413 01000000', 'instantaneous', { fn: 0, storage: 0, tariff: 0, subunit: 0 }],
    ['1413 01000000', 'maximum', { fn: 1 }],
    ['2413 01000000', 'minimum', { fn: 2 }],
    ['3413 01000000', 'during error', { fn: 3 }],
    ['4413 01000000', 'storage 1', { storage: 1 }],
    ['840113 01000000', 'storage 2', { storage: 2 }],
    ['C40113 01000000', 'storage 3', { storage: 3 }],
    ['CC0813 01000000', 'storage 17', { storage: 17 }],
    ['84800113 01000000', 'storage 32', { storage: 32 }],
    ['841013 01000000', 'tariff 1', { tariff: 1 }],
    ['844013 01000000', 'subunit 1', { subunit: 1 }],
    ['84804013 01000000', 'subunit 2', { subunit: 2 }],
    ['8490810003 F0490200', 'storage 32, tariff 1', { storage: 32, tariff: 1 }],
  ])('%s is %s', (bytes, _, numbers) => {
    expect(only(bytes)).toMatchObject(numbers)
  })

  it('gives back every number that ten extensions hold, storage numbers past 2^32 too', () => {
    const numbers = fc.record({
      fn: fc.integer({ min: 0, max: 3 }),
      storage: fc.bigInt({ min: 0n, max: 2n ** 41n - 1n }),
      tariff: fc.nat(2 ** 20 - 1),
      subunit: fc.nat(2 ** 10 - 1),
    })
    fc.assert(
      fc.property(numbers, ({ storage, ...others }) => {
        const r = only(record(join(dib({ coding: 1, storage, ...others }), hex('13')), hex('05')))
        expect(r).toMatchObject({ storage: Number(storage), ...others, raw: 5 })
      }),
      { examples: [[{ fn: 0, storage: 2n ** 41n - 1n, tariff: 2 ** 20 - 1, subunit: 2 ** 10 - 1 }]] },
    )
  })

  it('has ten extensions at most, and so has the value information block', () => {
    const chain = (count: number): string => `${'80'.repeat(count - 1)}00`
    expect(read(`84${chain(10)}13 01000000`).fault).toBeNull()
    expect(read(`84${chain(11)}13 01000000`).fault).toBe('apl.record')
    const vifes = (count: number): string => `${'BC'.repeat(count - 1)}3C`
    expect(read(`0493${vifes(10)} 01000000`).fault).toBeNull()
    expect(read(`0493${vifes(11)} 01000000`).fault).toBe('apl.record')
    expect(read(`04FF${vifes(11)} 01000000`).fault).toBe('apl.record')
  })
})

describe('special data fields', () => {
  it('2F fills between records, 7F asks for nothing here', () => {
    expect(read('2F2F 0B13436587 2F 7F 0B13436587 2F2F2F').records).toHaveLength(2)
  })

  it.each([
    ['0F', [] as string[]],
    ['1F', ['apl.more-follows']],
  ])('%s ends the records: what follows is the manufacturer’s', (dif, notes) => {
    const d = read(`0B13436587 ${dif} 0B13436587`)
    expect(d).toMatchObject({ fault: null, notes: [...notes, 'apl.manufacturer-data'], records: [{ raw: 876543 }] })
    expect(hexOf(d.bytes.subarray(d.manufacturerFrom))).toBe('0B13436587')
    expect(read(`0B13436587 ${dif}`)).toMatchObject({ fault: null, notes, manufacturerFrom: -1 })
  })

  it.each(['3F', '4F', '5F', '6F', '8F', '9F', 'FF'])('%s is reserved', (dif) => {
    expect(read(`${dif}13436587`).fault).toBe('apl.record')
  })

  it('without data has no value and is no error', () => {
    expect(only('0013')).toMatchObject({ raw: null, text: null, missing: null })
    expect(only('0813')).toMatchObject({ raw: null, text: null, missing: null })
  })
})

describe('a plain text unit', () => {
  it('stands directly behind the VIF byte, before the VIFEs, its last character first', () => {
    const r = only('22 FC 03 485225 74 D411')
    expect([r.fn, r.unit, r.exponent, recordValue(r)]).toEqual([2, '%RH', -2, 45.64])
  })

  it.each([
    ['047C 03 335344 A0810800', 'DS3', 557472],
    ['027C 03 544623 7000', '#FT', 112],
    ['027C 03 4C4123 4501', '#AL', 325],
    ['027C 00 4501', '', 325],
    ['027C 02 43B0 4501', '°C', 325],
  ])('%s is in %s', (bytes, unit, raw) => {
    expect(only(bytes)).toMatchObject({ quantity: 'plainText', unit, raw })
  })

  it('longer than the telegram is a fault', () => {
    expect(read('027C 04 4C4123').fault).toBe('apl.truncated')
  })
})

describe('records', () => {
  const TELEGRAM = hex('0C14 27048502 046D 32371F15 8490810003 F0490200 02FD17 0000 0DFD11 05 6F6C6C6548 04FF07 01000000')

  it('follow one another, each knowing where it stands', () => {
    const d = read(TELEGRAM)
    expect(d.records.map((r) => hexOf(d.bytes.subarray(r.at, r.dataAt)))).toEqual([
      '0C14',
      '046D',
      '8490810003',
      '02FD17',
      '0DFD11',
      '04FF07',
    ])
    for (const [i, r] of d.records.entries()) expect(r.end).toBe(d.records[i + 1]?.at ?? d.end)
  })

  it('cut short anywhere but between two of them are a fault, and what was whole stays for eyes', () => {
    const ends = [0, 6, 12, 21, 26, 35, 42]
    for (let length = 1; length < TELEGRAM.length; length++) {
      const d = read(TELEGRAM.subarray(0, length))
      const whole = ends.filter((end) => end <= length).length - 1
      expect([length, d.fault, d.records.length]).toEqual([length, ends.includes(length) ? null : 'apl.truncated', whole])
    }
  })

  it('that a manufacturer wrote are kept apart from the standard’s', () => {
    const [own, behind, energy] = read('04FF07 01000000 04EEFF07 02000000 0406 03000000').records
    expect([own, behind, energy].map((r) => r!.quantity)).toEqual(['manufacturerSpecific', 'heatCostAllocation', 'energy'])
    expect(new Set([own, behind, energy].map((r) => r!.vibKey)).size).toBe(3)
  })

  it('fill a frame to its end, however many', () => {
    const most = Array.from({ length: 122 }, () => hex('0013'))
    expect(read(join(...most)).records).toHaveLength(122)
  })

  it('in any number and order keep their values', () => {
    const one = fc.record({ storage: fc.nat(1000), value: fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 - 1 }) })
    fc.assert(
      fc.property(fc.array(one, { maxLength: 20 }), (many) => {
        const bytes = many.map(({ storage, value }) => record(join(dib({ coding: 4, storage }), hex('06')), integer(value, 4)))
        const found = read(join(...bytes)).records.map(({ storage, raw }) => ({ storage, value: raw }))
        expect(found).toEqual(many)
      }),
    )
  })
})
