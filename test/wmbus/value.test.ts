import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Decoded, decodeInput } from '../../src/cli/decode/decoded.ts'
import { decimal } from '../../src/wmbus/decimal.ts'
import { recordValue } from '../../src/wmbus/value.ts'
import { exactOf, same } from '../support/exact.ts'
import { METER, only, read } from '../support/records.ts'
import { bcd, hex, hexOf, integer, join, noHeader, real, record, stripped, text } from '../support/telegrams.ts'
import { baseOf, NUMERIC_VIFS, type NumericVif } from './standard.ts'

type Json = Decoded['records'][number]

/** One way to code a number: the DIF's data field, and everything that fits. */
interface Coding {
  readonly dif: number
  readonly data: (raw: bigint) => Uint8Array
  readonly min: bigint
  readonly max: bigint
}

const fixed = (dif: number, size: number): Coding => {
  const most = 2n ** BigInt(8 * size - 1) - 1n
  return { dif, data: (raw) => integer(raw, size), min: -most, max: most }
}
const digits = (dif: number, size: number): Coding => ({
  dif,
  data: (raw) => bcd(raw, size),
  min: -(10n ** BigInt(2 * size - 1)) + 1n,
  max: 10n ** BigInt(2 * size) - 1n,
})
/** LVAR: a class byte in front; the class D is the magnitude of a negative number. */
const variable = (coding: Coding, lvar: number): Coding => ({ ...coding, dif: 0x0d, data: (raw) => join([lvar], coding.data(raw)) })
const negated = (coding: Coding): Coding => ({ ...coding, min: -coding.max, max: 0n, data: (raw) => coding.data(-raw) })

const CODINGS: readonly (readonly [string, Coding])[] = [
  ...[1, 2, 3, 4, 6, 8].map((size) => [`integer, ${size} bytes`, fixed(size === 8 ? 7 : size, size)] as const),
  ...[1, 2, 3, 4, 6].map((size) => [`BCD, ${2 * size} digits`, digits(8 + size, size)] as const),
  ...[1, 2, 3, 4, 5, 6, 7, 8].map((size) => [`LVAR binary, ${size} bytes`, variable(fixed(0, size), 0xe0 + size)] as const),
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((size) => [
    [`LVAR BCD, ${2 * size} digits`, variable(digits(0, size), 0xc0 + size)] as const,
    [`LVAR negative BCD, ${2 * size} digits`, variable(negated(digits(0, size)), 0xd0 + size)] as const,
  ]),
]

/** The VIFs with one raw value, as many in a telegram as fit, through the machine contract of `decode --jsonl`. */
function* decoded({ dif, data }: Coding, raw: bigint): Generator<[NumericVif, Json]> {
  const bytes = data(raw)
  const most = Math.floor(240 / (3 + bytes.length))
  for (let at = 0; at < NUMERIC_VIFS.length; at += most) {
    const vifs = NUMERIC_VIFS.slice(at, at + most)
    const telegram = stripped(METER, noHeader(join(...vifs.map(({ vib }) => record(join([dif], vib), bytes)))))
    const json = JSON.parse(JSON.stringify(decodeInput({ telegram: hexOf(telegram), key: null }).json)) as Decoded
    expect([json.error, json.records.length]).toEqual([undefined, vifs.length])
    for (const [i, vif] of vifs.entries()) yield [vif, json.records[i]!]
  }
}

/** All three ways to the value lead to raw × 10^power of the standard's unit. */
function check(vif: NumericVif, raw: bigint, { unit, exponent, raw: printedRaw, value }: Json): void {
  const [base, prefix] = baseOf(unit)
  const [wantedBase, wantedPrefix] = baseOf(vif.unit)
  const wanted = { digits: raw, power: vif.power + wantedPrefix }
  const found = [String(value), decimal(BigInt(printedRaw!), exponent)].map(exactOf)
  const right = found.every(({ digits, power }) => same({ digits, power: power + prefix }, wanted))
  if (!right || base !== wantedBase) throw new Error(`${hexOf(vif.vib)} of ${raw} is ${value} = ${printedRaw} × 10^${exponent} ${unit}`)
}

describe('a value is exactly raw × 10^exponent', () => {
  it.each(CODINGS)('%s, under every VIF', (_, coding) => {
    fc.assert(
      fc.property(fc.bigInt({ min: coding.min, max: coding.max }), (raw) => {
        for (const [vif, json] of decoded(coding, raw)) check(vif, raw, json)
      }),
      { numRuns: 6, examples: [[coding.min], [coding.max], [0n]] },
    )
  })

  it('a number where JSON prints it whole, else a decimal string', () => {
    expect(recordValue(only('0413 4E61BC00'))).toBe(12345.678)
    expect(recordValue(only('0713 FFFFFFFFFFFFFF7F'))).toBe('9223372036854775.807')
    expect(recordValue(only('0703 0100000000002000'))).toBe('9007199254740993')
  })

  it('a real number keeps its scale', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const r = only(record('0513', real(value)))
        expect([r.raw, r.exponent, r.unit]).toEqual([value, -3, 'm3'])
      }),
    )
  })
})

describe('a value that is none', () => {
  it.each([
    ['0113 80', 'integer of 1 byte'],
    ['0213 0080', 'of 2'],
    ['0313 000080', 'of 3'],
    ['0413 00000080', 'of 4'],
    ['0613 000000000080', 'of 6'],
    ['0713 0000000000000080', 'of 8'],
    ['0513 0000C07F', 'real: not a number'],
    ['0513 0000807F', 'real: infinite'],
    ['0913 A0', 'BCD with a letter on top'],
    ['0A13 1A00', 'BCD with a letter below'],
    ['0C13 BBBBBBBB', 'BCD: not available'],
    ['3B3B DDBDEB', 'BCD: the flow of a meter in error'],
    ['0C13 0000F0FA', 'BCD: a minus sign in the middle'],
    ['0D13 C2 1A00', 'LVAR BCD'],
  ])('%s (%s) is invalid, and noted', (bytes) => {
    const d = read(bytes)
    expect(d).toMatchObject({ fault: null, notes: ['apl.invalid-value'], records: [{ raw: null, missing: 'invalid' }] })
    expect(recordValue(d.records[0]!)).toBeNull()
  })

  it('keeps its digits for people, and its function', () => {
    expect(only('3B3B DDBDEB')).toMatchObject({ fn: 3, text: 'EBBDDD' })
  })

  it.each([
    ['0B5E 4000F0', -40, -1],
    ['0A62 02F0', -2, -1],
    ['0C13 000000F0', 0, -3],
  ])('is not confused with a minus sign: %s', (bytes, raw, exponent) => {
    expect(only(bytes)).toMatchObject({ raw, exponent, missing: null })
  })

  it('is told by a record error, whatever the data', () => {
    const d = read('04 93 15 4E61BC00') // VIFE 15: no data available
    expect(d).toMatchObject({ fault: null, notes: ['apl.record-error'], records: [{ raw: null, missing: 'error' }] })
    expect(d.records[0]!.modifiers.map((m) => m.name)).toEqual(['no data available'])
  })
})

describe('numbers that are no amounts', () => {
  it.each<[string, number | bigint, string]>([
    ['02FD17 FFFF', 0xffff, 'error flags'],
    ['04FD17 00000080', 0x8000_0000, 'error flags, top bit alone'],
    ['017A FD', 0xfd, 'bus address'],
    ['04FD08 FFFFFFFF', 0xffff_ffff, 'access number'],
    ['07FD17 FFFFFFFFFFFFFFFF', 2n ** 64n - 1n, 'error flags of 8 bytes'],
  ])('%s is %s: %s are unsigned', (bytes, raw) => {
    expect(only(bytes).raw).toBe(raw)
  })

  it('a number on the meter keeps its leading zeros', () => {
    expect(recordValue(only('0C78 78563400'))).toBe('00345678')
    expect(recordValue(only('0E79 785634120000'))).toBe('000012345678')
  })
})

describe('LVAR', () => {
  it.each([
    ['text, the last character first', '0DFD11 05 6F6C6C6548', 'Hello'],
    ['Latin-1', '0DFD0E 02 B5B0', '°µ'],
    ['an empty text', '0DFD11 00', ''],
    ['a container, in order', '0DFD3B 03 0A0B0C', '0A0B0C'],
    ['a compact profile, in order', '8D04951F 05 6901030211', '6901030211'],
    ['binary, 16 bytes', '0D7E F0 0102030405060708090A0B0C0D0E0F10', '100F0E0D0C0B0A090807060504030201'],
  ])('%s: %s', (_, bytes, value) => {
    expect(recordValue(only(bytes))).toBe(value)
  })

  it.each([
    [0xbf, 191],
    [0xc9, 9],
    [0xd9, 9],
    [0xef, 15],
    [0xf0, 16],
    [0xf4, 32],
    [0xf5, 48],
    [0xf6, 64],
  ])('class %i has %i bytes', (lvar, length) => {
    const d = read(join(hex('0D7E'), [lvar], new Uint8Array(length), hex('0B13436587')))
    expect(d).toMatchObject({ fault: null, records: [{}, { raw: 876543 }] })
  })

  it.each([0xca, 0xcf, 0xda, 0xdf, 0xf7, 0xff])('class %i is reserved', (lvar) => {
    expect(read(join(hex('0D7E'), [lvar], new Uint8Array(64))).fault).toBe('apl.record')
  })

  it('that announces more than there is, is a fault', () => {
    expect(read('0DFD11 06 6F6C6C6548').fault).toBe('apl.truncated')
  })

  it('gives any text back', () => {
    const latin1 = fc.string({ unit: fc.nat(255).map((c) => String.fromCharCode(c)), maxLength: 0xbf })
    fc.assert(fc.property(latin1, (any) => recordValue(only(record('0DFD11', text(any)))) === any))
  })
})
