import { describe, expect, it } from 'vitest'
import { recordValue } from '../../src/wmbus/value.ts'
import { only } from '../support/records.ts'
import { hex, hexOf, join } from '../support/telegrams.ts'
import { baseOf, NUMERIC_VIFS } from './standard.ts'

const of = (vib: ArrayLike<number>) => only(join([0x01], vib, [1]))
const codes = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, n) => from + n)

describe('the table of', () => {
  it.each(NUMERIC_VIFS.map((row) => [hexOf(row.vib), row] as const))('VIF %s is the standard’s', (_, { vib, quantity, unit, power }) => {
    const r = of(vib)
    const [base, prefix] = baseOf(r.unit)
    const [wanted, shift] = baseOf(unit)
    expect([r.quantity, base, r.exponent + prefix, r.type]).toEqual([quantity, wanted, power + shift, 'number'])
  })

  it('units: one in front of the point is the largest step the meter shows, never more than its unit', () => {
    for (const { vib } of NUMERIC_VIFS.filter((row) => /^(Wh|J|W|J\/h)$/.test(row.unit))) expect(of(vib).exponent).toBeLessThanOrEqual(0)
  })

  it.each([
    ['6C', 'date', 'date'],
    ['6D', 'dateTime', 'dateTime'],
    ['78', 'fabricationNumber', 'identity'],
    ['79', 'identification', 'identity'],
    ['7A', 'busAddress', 'unsigned'],
    ['7F', 'manufacturerSpecific', 'number'],
    ['FD08', 'accessNumber', 'unsigned'],
    ['FD09', 'medium', 'identity'],
    ['FD0A', 'manufacturer', 'identity'],
    ['FD0B', 'parameterSet', 'identity'],
    ['FD0C', 'modelVersion', 'identity'],
    ['FD0D', 'hardwareVersion', 'identity'],
    ['FD0E', 'firmwareVersion', 'identity'],
    ['FD0F', 'softwareVersion', 'identity'],
    ['FD10', 'customerLocation', 'identity'],
    ['FD11', 'customer', 'identity'],
    ['FD12', 'accessCodeUser', 'identity'],
    ['FD13', 'accessCodeOperator', 'identity'],
    ['FD14', 'accessCodeSystemOperator', 'identity'],
    ['FD15', 'accessCodeDeveloper', 'identity'],
    ['FD16', 'password', 'identity'],
    ['FD17', 'errorFlags', 'unsigned'],
    ['FD18', 'errorMask', 'unsigned'],
    ['FD19', 'securityKey', 'identity'],
    ['FD1A', 'digitalOutput', 'unsigned'],
    ['FD1B', 'digitalInput', 'unsigned'],
    ['FD1F', 'remoteControl', 'unsigned'],
    ['FD30', 'tariffStart', 'dateTime'],
    ['FD3B', 'wirelessContainer', 'bytes'],
    ['FD70', 'batteryChange', 'dateTime'],
    ['FD76', 'manufacturerContainer', 'bytes'],
  ])('VIF %s is %s, read as %s', (vib, quantity, type) => {
    expect(of(hex(vib))).toMatchObject({ quantity, type })
  })

  it.each([
    ['FD', [...codes(0x77, 0x7c), 0x7e, 0x7f]],
    ['FB', [0x06, 0x07, 0x0a, 0x0b, 0x12, 0x13, ...codes(0x1c, 0x1f), 0x32, 0x33, ...codes(0x38, 0x57)]],
    ['EF', codes(0x00, 0x7f)],
  ])('%s says "reserved" where the standard does', (first, reserved) => {
    for (const code of reserved) expect([code, of(hex(first + hexOf(Uint8Array.of(code)))).quantity]).toEqual([code, 'reserved'])
  })

  it('the second level behind FD FD', () => {
    expect(of([0xfd, 0xfd, 0x00])).toMatchObject({ quantity: 'selectedApplication' })
    expect(of([0xfd, 0xfd, 0x02])).toMatchObject({ quantity: 'remainingBattery', unit: 'month' })
    expect(of([0xfd, 0xfd, 0x03])).toMatchObject({ quantity: 'remainingBattery', unit: 'year' })
    expect(of([0xfd, 0xfd, 0x3e])).toMatchObject({ quantity: 'moisture', unit: '%' })
  })
})

describe('values as the standard’s examples and manuals print them', () => {
  it.each([
    ['0C14 27048502', 28504.27, 'm3'],
    ['0B13 436587', 876.543, 'm3'],
    ['0202 D204', 123.4, 'Wh'],
    ['0215 2E16', 567.8, 'm3'],
    ['022A 3423', 901.2, 'W'],
    ['0B6E 341200', 1234, 'HCA'],
    ['0406 E6370100', 79846, 'kWh'],
    ['04FB0D E70C0000', 3303, 'Mcal'],
    ['0259 1027', 100, '°C'],
    ['0C0E 93480300', 34893, 'MJ'],
    ['01FD46 1C', 0.028, 'V'],
  ])('%s is %s %s', (bytes, value, unit) => {
    const r = only(bytes)
    expect([recordValue(r), r.unit]).toEqual([value, unit])
  })
})
