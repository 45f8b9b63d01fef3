import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { recordValue } from '../../src/wmbus/value.ts'
import { exactOf, same } from '../support/exact.ts'
import { only, read } from '../support/records.ts'
import { hex, integer, join, record } from '../support/telegrams.ts'

const namesOf = (bytes: string): string[] => only(bytes).modifiers.map((m) => m.name)
/** Volume in 0.001 m3, raw 5, with one VIFE. */
const volume = (vife: number) => only(join(hex('0493'), [vife], integer(5, 4)))
const codes = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, n) => from + n)

describe('a combinable VIFE', () => {
  it.each(codes(0x70, 0x77))('%i moves the decimal point: ×10^(n−6)', (vife) => {
    expect(volume(vife)).toMatchObject({ raw: 5, exponent: -3 + (vife & 7) - 6, unit: 'm3' })
  })

  it('7D is ×1000', () => {
    expect(volume(0x7d)).toMatchObject({ raw: 5, exponent: 0 })
  })

  it.each(codes(0x78, 0x7b))('%i adds 10^(n−3) of the VIF’s unit, exactly', (vife) => {
    fc.assert(
      fc.property(fc.integer({ min: -1_000_000, max: 1_000_000 }), (raw) => {
        const value = recordValue(only(record(join(hex('0493'), [vife]), integer(raw, 4))))
        const places = 3 - (vife & 3)
        const wanted = { digits: BigInt(raw) * 10n ** BigInt(places) + 1n, power: -3 - places }
        expect(same(exactOf(String(value)), wanted), `${raw} with ${vife} is ${value}`).toBe(true)
      }),
    )
  })

  it('that adds does so to a real number and to one past 2^53, too', () => {
    expect(recordValue(only('0593 7B 00002041'))).toBe(0.011)
    expect(recordValue(only('0793 7B FFFFFFFFFFFFFF7F'))).toBe('9223372036854775.808')
    expect(recordValue(only('0793 78 0100000000002000'))).toBe('9007199254740.993001')
  })

  it('that adds nothing to a value that is none', () => {
    expect(only('0493 7B 00000080')).toMatchObject({ raw: null, missing: 'invalid' })
  })

  it('one after another, all count', () => {
    expect(only('0493 F5 7D 05000000')).toMatchObject({ raw: 5, exponent: -3 - 1 + 3 })
    expect(namesOf('0493 BC F5 7D 05000000')).toEqual(['backward', '×10^-1', '×1000'])
  })

  it.each(codes(0x50, 0x5f))('%i is how long a limit was exceeded', (vife) => {
    const name = `duration of ${vife & 4 ? 'last' : 'first'} ${vife & 8 ? 'upper' : 'lower'} limit exceed`
    expect(volume(vife)).toMatchObject({ raw: 5, exponent: 0, unit: ['s', 'min', 'h', 'd'][vife & 3], modifiers: [{ name }] })
  })

  it.each(codes(0x60, 0x67))('%i is how long the value stood', (vife) => {
    const name = `duration of ${vife & 4 ? 'last' : 'first'}`
    expect(volume(vife)).toMatchObject({ raw: 5, exponent: 0, unit: ['s', 'min', 'h', 'd'][vife & 3], modifiers: [{ name }] })
  })

  it('BB56 is hours, whatever the VIF measures', () => {
    expect(only('02BB56 0700')).toMatchObject({ raw: 7, exponent: 0, unit: 'h' })
  })

  it.each([0x41, 0x49])('%i counts how often a limit was exceeded', (vife) => {
    expect(volume(vife)).toMatchObject({ raw: 5, exponent: 0, unit: '' })
  })

  it.each([0x39, 0x42, 0x43, 0x46, 0x47, 0x4a, 0x4b, 0x4e, 0x4f, 0x6a, 0x6b, 0x6e, 0x6f])('%i makes the data a moment', (vife) => {
    const at = (data: string) => only(join(hex('0493'), [vife], hex(data)))
    expect(at('32147A18')).toMatchObject({ raw: null, text: '2011-08-26T20:50', unit: '', missing: null })
    expect(at('00000000')).toMatchObject({ raw: null, missing: 'invalid' })
  })

  it.each([
    ['9410DA6F 32147A18', ['end of last']],
    ['04BB6F 32147A18', ['end of last']],
  ])('%s is the time of a maximum', (bytes, names) => {
    expect([namesOf(bytes), recordValue(only(bytes))]).toEqual([names, '2011-08-26T20:50'])
  })

  it.each([
    [0x12, 'average'],
    [0x13, 'inverse compact profile'],
    [0x1e, 'compact profile with register numbers'],
    [0x1f, 'compact profile'],
    [0x20, 'per s'],
    [0x25, 'per month'],
    [0x28, 'per input pulse 0'],
    [0x2b, 'per output pulse 1'],
    [0x2d, 'per m3'],
    [0x35, 'per A'],
    [0x36, 'times s'],
    [0x3a, 'uncorrected'],
    [0x3b, 'forward'],
    [0x3c, 'backward'],
    [0x3d, 'non-metric'],
    [0x3e, 'at base conditions'],
    [0x40, 'lower limit'],
    [0x48, 'upper limit'],
    [0x68, 'value during lower limit exceed'],
    [0x6c, 'value during upper limit exceed'],
    [0x69, 'leakage'],
    [0x6d, 'overflow'],
    [0x7e, 'future value'],
    [0x10, 'reserved'],
  ])('%i is "%s" and leaves the number as it is', (vife, name) => {
    expect(volume(vife)).toMatchObject({ raw: 5, exponent: -3, unit: 'm3', modifiers: [{ name }] })
  })

  it.each([
    [0x01, 'too many DIFEs'],
    [0x04, 'tariff number not implemented'],
    [0x0b, 'too many VIFEs'],
    [0x15, 'no data available'],
    [0x16, 'data overflow'],
    [0x17, 'data underflow'],
    [0x18, 'data error'],
    [0x1c, 'premature end of record'],
  ])('%i reports an error in place of the value: %s', (vife, name) => {
    expect(volume(vife)).toMatchObject({ raw: null, missing: 'error', modifiers: [{ name }] })
  })

  it('FC leads to phases and quadrants', () => {
    expect(namesOf('04FD C8 FC 01 05000000')).toEqual(['L1'])
    expect(namesOf('04FD C8 FC 83 3B 05000000')).toEqual(['L3', 'forward'])
    expect(namesOf('04FD C8 FC 08 05000000')).toEqual(['Q1'])
    expect(namesOf('04FD C8 FC 7F 05000000')).toEqual(['reserved'])
  })

  it('behind 7F belongs to the manufacturer: it has no effect', () => {
    expect(only('0493 FF 7D 05000000')).toMatchObject({ raw: 5, exponent: -3, modifiers: [{ name: 'manufacturer 7D' }] })
    expect(namesOf('04FF 87 08 05000000')).toEqual(['manufacturer 07', 'manufacturer 08'])
    expect(namesOf('0493 7F 05000000')).toEqual([])
  })

  it('that the telegram ends in, is a fault', () => {
    expect(read('0493').fault).toBe('apl.truncated')
    expect(read('0493 FC').fault).toBe('apl.truncated')
    expect(read('04FD').fault).toBe('apl.truncated')
  })
})
