import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { METER_NAME, manufacturerCode, manufacturerText, meterKey, meterKeyOf, meterName } from '../../src/wmbus/address.ts'
import { decode, frame } from '../../src/wmbus/decode.ts'
import { deviceTypeText, isHeat } from '../../src/wmbus/device-type.ts'
import { METER } from '../support/records.ts'
import { hex, noHeader, stripped, wired } from '../support/telegrams.ts'

const CONTENT = noHeader(hex('0B13436587'))
const controlled = (control: number) => frame(stripped(METER, CONTENT, control), 'stripped')

describe('the data link layer', () => {
  it('has C, M and A in the order of the air', () => {
    const { dll } = frame(hex('0F44 AE0C 78563412 01 07 780B13436587'), 'stripped')
    expect(dll).toEqual({ control: 0x44, address: { manufacturer: 0x0cae, id: 0x12345678, version: 1, deviceType: 7 } })
  })

  it.each([0x44, 0x46, 0x47, 0x48, 0x08, 0x18, 0x28, 0x38, 0x00, 0x06, 0x40])(
    'takes the C-field %i, with the repeater’s bit 7, too',
    (c) => {
      expect(controlled(c).fault).toBeNull()
      expect(controlled(c | 0x80)).toMatchObject({ fault: null, dll: { control: c | 0x80 } })
    },
  )

  it.each([0x01, 0x33, 0x45, 0x64, 0x7f])('refuses the C-field %i', (c) => {
    expect(controlled(c).fault).toBe('dll.c-field')
  })

  it('of a wired frame has no address of a meter', () => {
    expect(frame(wired(CONTENT), 'wired').dll).toEqual({ control: 0x08, address: null })
  })
})

describe('an address', () => {
  it.each([
    ['KAM', 0x2c2d],
    ['DME', 0x11a5],
    ['EFE', 0x14c5],
    ['TCH', 0x5068],
    ['QDS', 0x4493],
    ['ELS', 0x1593],
    ['AAA', 0x0421],
    ['ZZZ', 0x6b5a],
  ])('%s is %i', (letters, code) => {
    expect([manufacturerText(code), manufacturerCode(letters)]).toEqual([letters, code])
  })

  it('with bit 15 has the same letters and is the same meter', () => {
    const a = { manufacturer: 0x8614, id: 0x00012345, version: 1, deviceType: 4 }
    expect(meterName(a)).toBe('APT-00012345')
    expect(meterKey(a)).toBe(meterKeyOf('APT-00012345'))
  })

  it('keeps leading zeros and the letters some meters send in their number', () => {
    const { address } = decode(stripped({ ...METER, id: '00F59EF7' }, CONTENT), 'stripped', null).dll!
    expect(meterName(address!)).toBe('CEN-00F59EF7')
  })

  it('has one name and one key: each leads to the other', () => {
    const any = fc.record({ manufacturer: fc.integer({ min: 0, max: 0xffff }), id: fc.integer({ min: 0, max: 0xffff_ffff }) })
    fc.assert(
      fc.property(any, (some) => {
        const a = { ...some, version: 0, deviceType: 0 }
        expect(Number.isSafeInteger(meterKey(a))).toBe(true)
        if (METER_NAME.test(meterName(a))) expect(meterKeyOf(meterName(a))).toBe(meterKey(a))
      }),
    )
  })
})

describe('a device type', () => {
  it.each([
    [0x04, 'heat'],
    [0x0c, 'heat'],
    [0x0a, 'cooling'],
    [0x0b, 'cooling'],
    [0x0d, 'heat/cooling'],
    [0x07, 'water'],
    [0x08, 'heat cost allocator'],
    [0x37, 'radio converter (meter side)'],
    [0xc3, 'type C3'],
  ])('%i is %s', (type, words) => {
    expect(deviceTypeText(type)).toBe(words)
  })

  it('is one of five for heat and cooling', () => {
    expect(Array.from({ length: 256 }, (_, type) => type).filter(isHeat)).toEqual([0x04, 0x0a, 0x0b, 0x0c, 0x0d])
  })
})
