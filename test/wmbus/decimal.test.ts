import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decimal } from '../../src/wmbus/decimal.ts'

/** Reads a decimal string back as an exact integer of 10^-places. */
const scaled = (text: string, places: number): bigint => {
  const [whole = '', fraction = ''] = text.split('.')
  return BigInt(whole + fraction.padEnd(places, '0'))
}

describe('decimal', () => {
  it.each([
    [79846, 0, '79846'],
    [223249, -2, '2232.49'],
    [80, -3, '0.080'],
    [5, 3, '5000'],
    [0, 0, '0'],
    [0, 3, '0'],
    [0, -2, '0.00'],
    [-0, -1, '0.0'],
    [-5, -3, '-0.005'],
    [-1234, -2, '-12.34'],
    [-7, 2, '-700'],
    [100, -2, '1.00'],
    [18446744073709551615n, -3, '18446744073709551.615'],
    [-9223372036854775808n, 0, '-9223372036854775808'],
    [1e21, 0, '1000000000000000000000'],
    [2.5e21, -1, '250000000000000000000'],
    [12.5, 0, '12.5'],
    [12.5, -3, '0.0125'],
    [12.5, 1, '125'],
    [0.5, 2, '50'],
    [1e-7, 0, '0.0000001'],
  ])('%s × 10^%s is %s', (raw, exponent, text) => {
    expect(decimal(raw, exponent)).toBe(text)
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('refuses %s', (raw) => {
    expect(() => decimal(raw, 0)).toThrow(new RangeError(`not a value: ${raw}`))
  })

  it('is exact and keeps the resolution, as BigInt arithmetic has it', () => {
    const raws = fc.oneof(fc.maxSafeInteger(), fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }))
    fc.assert(
      fc.property(raws, fc.integer({ min: -12, max: 9 }), (raw, exponent) => {
        const text = decimal(raw, exponent)
        const places = Math.max(-exponent, 0)
        expect(text).toMatch(/^-?(0|[1-9]\d*)(\.\d+)?$/)
        expect(text.split('.')[1]?.length ?? 0).toBe(places)
        expect(scaled(text, places)).toBe(BigInt(raw) * 10n ** BigInt(Math.max(exponent, 0)))
      }),
    )
  })
})
