import { describe, expect, it } from 'vitest'
import { hexOf as hexText, recordValue } from '../../src/wmbus/value.ts'
import { only, read } from '../support/records.ts'
import { hex, hexOf, join } from '../support/telegrams.ts'

const valued = (bytes: Uint8Array | string) => recordValue(only(bytes))

describe('BCD', () => {
  const digitsAt = (size: number, at: number, digit: number): string => {
    const digits = new Array<string>(2 * size).fill('1')
    digits[at] = digit.toString(16)
    return digits.join('')
  }
  const coded = (size: number, digits: string): Uint8Array => join([size === 6 ? 0x0e : 0x08 + size, 0x13], hex(digits).reverse())

  it.each([1, 2, 3, 4, 6])('of %i bytes is a number with any decimal digit in any place, and none with a letter', (size) => {
    for (let at = 0; at < 2 * size; at++)
      for (let digit = 0; digit < 16; digit++) {
        const digits = digitsAt(size, at, digit)
        const isMinus = at === 0 && digit === 15
        const r = only(coded(size, digits))
        const value = digit < 10 ? Number(digits) : isMinus ? -Number(digits.slice(1)) : null
        expect([r.raw, r.missing], digits).toEqual([value, value === null ? 'invalid' : null])
        expect(r.text, digits).toBe(value === null ? digits.toUpperCase() : null)
      }
  })

  it('with a minus in front is negative of all the other digits', () => {
    expect([only('0913 F5').raw, only('0A13 45F3').raw, only('0E13 0000000000F0').raw]).toEqual([-5, -345, 0])
    expect(Object.is(only('0913 F0').raw, -0)).toBe(false)
  })

  it('of a variable length may have its minus in front only', () => {
    expect([only('0D13 C2 34F2').raw, only('0D13 C2 3402').raw]).toEqual([-234, 234])
    expect(only('0D13 C2 3F02')).toMatchObject({ raw: null, missing: 'invalid', text: '023F' })
    expect(only('0D13 C2 F402')).toMatchObject({ raw: null, missing: 'invalid', text: '02F4' })
    expect(only('0D13 C2 34A2')).toMatchObject({ raw: null, missing: 'invalid', text: 'A234' })
  })

  it('of a negative class is negative, and a minus in it makes it positive', () => {
    expect([only('0D13 D2 3402').raw, only('0D13 D2 34F2').raw]).toEqual([-234, 234])
  })
})

describe('an integer', () => {
  it.each([
    ['0113', 1],
    ['0213', 2],
    ['0313', 3],
    ['0413', 4],
    ['0613', 6],
    ['0713', 8],
  ])('%s has its sign in the top bit, and is none with that bit alone', (header, size) => {
    const half = 2n ** BigInt(8 * size - 1)
    const read = (top: string, rest: string) => only(join(hex(header), hex(rest.repeat(size - 1)), hex(top)))
    expect(BigInt(read('7F', 'FF').raw!)).toBe(half - 1n)
    expect(BigInt(read('FF', 'FF').raw!)).toBe(-1n)
    expect(read('80', '00')).toMatchObject({ raw: null, missing: 'invalid', text: String(-half) })
  })

  it('is a number as long as a number holds it exactly, and a bigint from there on', () => {
    const types = (bytes: string) => typeof only(bytes).raw
    expect([types('0713 FFFFFFFFFFFF1F00'), types('0713 0000000000002000')]).toEqual(['number', 'bigint'])
    expect([types('0713 010000000000E0FF'), types('0713 000000000000E0FF')]).toEqual(['number', 'bigint'])
    expect([types('0D13 C9 910974549219079000'), types('0D13 C9 920974549219079000')]).toEqual(['number', 'bigint'])
  })

  it('of flags keeps its top bit, whatever its size', () => {
    expect([only('01FD17 80').raw, only('02FD17 0080').raw, only('06FD17 000000000080').raw]).toEqual([0x80, 0x8000, 2 ** 47])
    expect(only('07FD17 0000000000000080').raw).toBe(2n ** 63n)
    expect(only('0DFD17 E5 0000000080').raw).toBe(2 ** 39)
  })
})

describe('a real number', () => {
  it.each([
    ['0000C07F', 'NaN'],
    ['0000807F', 'Infinity'],
    ['000080FF', '-Infinity'],
  ])('%s is none, and said to be %s', (bytes, text) => {
    expect(only(`0513 ${bytes}`)).toMatchObject({ raw: null, missing: 'invalid', text })
  })
})

describe('LVAR', () => {
  it.each([
    [0xc0, 0],
    [0xc1, 1],
    [0xd0, 0],
    [0xd1, 1],
    [0xe0, 0],
    [0xe1, 1],
    [0xf1, 20],
    [0xf2, 24],
    [0xf3, 28],
  ])('class %i has %i bytes', (lvar, length) => {
    const d = read(join(hex('0D7E'), [lvar], new Uint8Array(length), hex('0B13436587')))
    expect(d).toMatchObject({
      fault: null,
      records: [{ text: length === 0 ? '' : length === 1 ? null : '00'.repeat(length) }, { raw: 876543 }],
    })
  })

  it('binary is a number up to eight bytes, and bytes from nine on', () => {
    expect(only('0D7E E8 0100000000000000')).toMatchObject({ raw: 1, text: null })
    expect(only('0D7E E9 010000000000000000')).toMatchObject({ raw: null, text: '000000000000000001' })
  })

  it('may end with the telegram, and not a byte behind it', () => {
    expect(read('0D7E 02 4141')).toMatchObject({ fault: null, records: [{ text: 'AA' }] })
    expect(read('0D7E 03 4141').fault).toBe('apl.truncated')
    expect(read('0D7E E4 010203').fault).toBe('apl.truncated')
    expect(read('0D7E').fault).toBe('apl.truncated')
  })

  it('binary that is a date is one by its size', () => {
    expect(valued('0D6D E4 32371F15')).toBe('2008-05-31T23:50')
  })

  it.each(['13', '1E', '1F'])('of a compact profile (VIFE %s) is bytes in order, of another modifier text', (vife) => {
    expect(only(`0D93${vife} 02 4142`).text).toBe('4142')
    expect(only('0D933C 02 4142').text).toBe('BA')
  })
})

describe('a value that is none keeps its digits for people', () => {
  it.each([
    ['026C FFFF', 'FFFF'],
    ['026C 0000', '0'],
    ['046D ABCDEF80', '80EFCDAB'],
    ['016C 1A', '1A'],
  ])('%s: %s', (bytes, text) => {
    expect(only(bytes)).toMatchObject({ raw: null, missing: 'invalid', text })
  })
})

describe('a modifier that adds a power of ten', () => {
  it('does so in the VIF’s unit, wherever another one has moved the point', () => {
    // 5 × 10^-3 m3 ×10^-1, and 10^-3 m3 (7B), exactly 10^-6 m3 (78).
    expect(only('0493 F5 7B 05000000')).toMatchObject({ raw: 15, exponent: -4 })
    expect(only('0493 F5 78 05000000')).toMatchObject({ raw: 501, exponent: -6 })
    expect(only('0493 7D 05000000')).toMatchObject({ raw: 5, exponent: 0 })
    expect(only('0493 FD 7B 05000000')).toMatchObject({ raw: 5001, exponent: -3 })
  })

  it('may come twice', () => {
    expect(only('0493 FB 7B 05000000')).toMatchObject({ raw: 7, exponent: -3 })
    expect(only('0493 FB 7A 05000000')).toMatchObject({ raw: 61, exponent: -4 })
  })

  it('adds to a fraction in its own decade', () => {
    expect(only('0593 7B 0000C03F')).toMatchObject({ raw: 2.5, exponent: -3 })
    expect(only('0593 FD 7B 0000C03F').raw).toBeCloseTo(1.501, 6)
    expect(only('0593 7A 0000C03F').raw).toBeCloseTo(1.6, 6)
  })
})

describe('a value as people read it', () => {
  it.each([
    ['a number with all its digits', '0C13 00050000', 0.5],
    ['a number of six places', '0110 01', 0.000001],
    ['a number below what JavaScript prints as a decimal', '0148 01', '0.000000001'],
    ['a whole number of thousands', '0117 05', 50],
    ['an identity in BCD, with its zeros', '0C78 01000000', '00000001'],
    ['an identity in binary, a number', '0478 01000000', 1],
    ['a text', '0DFD11 02 4142', 'BA'],
    ['no data', '0013', null],
  ])('is %s', (_, bytes, value) => {
    expect(valued(bytes)).toBe(value)
  })

  it('is nothing where there is none, though its digits are kept', () => {
    expect(valued('0C13 BBBBBBBB')).toBeNull()
  })
})

it('bytes are printed in hex, all or some of them', () => {
  const bytes = hex('000A10FF')
  expect([hexText(bytes), hexText(bytes, 1), hexText(bytes, 1, 3), hexText(bytes, 2, 2)]).toEqual([hexOf(bytes), '0A10FF', '0A10', ''])
})
