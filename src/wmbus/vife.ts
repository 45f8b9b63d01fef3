/** Combinable VIFEs (EN 13757-3): what one byte behind the VIF does to its record. */
export interface Modifier {
  readonly code: number
  readonly name: string
  /** Added to the exponent: the value is in another decade. */
  readonly scale?: number
  /** Adds 10^addend of the VIF's unit to the value. */
  readonly addend?: number
  /** The value is no longer the VIF's quantity but this: a duration, a count, a moment. */
  readonly becomes?: { readonly unit: string; readonly type: 'number' | 'dateTime' }
  /** The meter reports an error in place of the value. */
  readonly error?: true
}

type Make = (code: number) => Modifier
type Rows = readonly (readonly [first: number, count: number, make: Make])[]

const S_MIN_H_D = ['s', 'min', 'h', 'd']
const PER = ['s', 'min', 'h', 'd', 'week', 'month', 'year', 'revolution']
const PER_UNIT = ['l', 'm3', 'kg', 'K', 'kWh', 'GJ', 'kW', 'K·l', 'V', 'A']
const TIMES = ['s', 's/V', 's/A']
const PHASES = ['L1', 'L2', 'L3', 'N', 'L1-L2', 'L2-L3', 'L3-L1', 'Q1', 'Q2', 'Q3', 'Q4', '|+|+|-|']

const ERRORS: Readonly<Record<number, string>> = {
  1: 'too many DIFEs',
  2: 'storage number not implemented',
  3: 'unit number not implemented',
  4: 'tariff number not implemented',
  5: 'function not implemented',
  6: 'data class not implemented',
  7: 'data size not implemented',
  11: 'too many VIFEs',
  12: 'illegal VIF group',
  13: 'illegal VIF exponent',
  14: 'VIF and DIF mismatch',
  15: 'unimplemented action',
  21: 'no data available',
  22: 'data overflow',
  23: 'data underflow',
  24: 'data error',
  28: 'premature end of record',
}

const named =
  (name: string): Make =>
  (code) => ({ code, name })
const error: Make = (code) => ({ code, name: ERRORS[code] ?? 'reserved error', error: true })
const moment =
  (name: string): Make =>
  (code) => ({ code, name, becomes: { unit: '', type: 'dateTime' } })
const limit = (code: number): string => (code & 8 ? 'upper' : 'lower')
const nth = (bit: number): string => (bit ? 'last' : 'first')
const edge = (bit: number): string => (bit ? 'end' : 'begin')
const inTime = (code: number, name: string): Modifier => ({ code, name, becomes: { unit: S_MIN_H_D[code & 3]!, type: 'number' } })
const ofExceed: Make = (code) => moment(`${edge(code & 1)} of ${nth(code & 4)} ${limit(code)} limit exceed`)(code)

const COMBINABLE: Rows = [
  [0x00, 1, named('no error')],
  [0x01, 0x0f, error],
  [0x12, 1, named('average')],
  [0x13, 1, named('inverse compact profile')],
  [0x14, 1, named('relative deviation')],
  [0x15, 8, error],
  [0x1d, 1, named('standard conform')],
  [0x1e, 1, named('compact profile with register numbers')],
  [0x1f, 1, named('compact profile')],
  [0x20, 8, (code) => ({ code, name: `per ${PER[code & 7]}` })],
  [0x28, 2, (code) => ({ code, name: `per input pulse ${code & 1}` })],
  [0x2a, 2, (code) => ({ code, name: `per output pulse ${code & 1}` })],
  [0x2c, 10, (code) => ({ code, name: `per ${PER_UNIT[code - 0x2c]}` })],
  [0x36, 3, (code) => ({ code, name: `times ${TIMES[code - 0x36]}` })],
  [0x39, 1, moment('start of')],
  [0x3a, 1, named('uncorrected')],
  [0x3b, 1, named('forward')],
  [0x3c, 1, named('backward')],
  [0x3d, 1, named('non-metric')],
  [0x3e, 1, named('at base conditions')],
  [0x3f, 1, named('OBIS follows')],
  [0x40, 1, named('lower limit')],
  [0x41, 1, (code) => ({ code, name: 'lower limit exceeds', becomes: { unit: '', type: 'number' } })],
  [0x42, 6, ofExceed],
  [0x48, 1, named('upper limit')],
  [0x49, 1, (code) => ({ code, name: 'upper limit exceeds', becomes: { unit: '', type: 'number' } })],
  [0x4a, 6, ofExceed],
  [0x50, 16, (code) => inTime(code, `duration of ${nth(code & 4)} ${limit(code)} limit exceed`)],
  [0x60, 8, (code) => inTime(code, `duration of ${nth(code & 4)}`)],
  [0x68, 1, named('value during lower limit exceed')],
  [0x69, 1, named('leakage')],
  [0x6a, 2, (code) => moment(`${edge(code & 1)} of first`)(code)],
  [0x6c, 1, named('value during upper limit exceed')],
  [0x6d, 1, named('overflow')],
  [0x6e, 2, (code) => moment(`${edge(code & 1)} of last`)(code)],
  [0x70, 8, (code) => ({ code, name: `×10^${(code & 7) - 6}`, scale: (code & 7) - 6 })],
  [0x78, 4, (code) => ({ code, name: `+10^${(code & 3) - 3}`, addend: (code & 3) - 3 })],
  [0x7d, 1, (code) => ({ code, name: '×1000', scale: 3 })],
  [0x7e, 1, named('future value')],
]

const TABLE: Modifier[] = Array.from({ length: 128 }, (_, code) => ({ code, name: 'reserved' }))
for (const [first, count, make] of COMBINABLE) for (let code = first; code < first + count; code++) TABLE[code] = make(code)

/** Every named combinable VIFE, for picks and documentation. */
export const allModifiers = (): readonly Modifier[] => TABLE.filter((m) => m.name !== 'reserved')

export const modifierOf = (code: number): Modifier => TABLE[code & 0x7f]!

/** Behind FC: phases and quadrants of electricity meters (codes from 128 up, so that they stay apart). */
export const secondModifierOf = (code: number): Modifier => ({
  code: 128 + (code & 0x7f),
  name: PHASES[(code & 0x7f) - 1] ?? 'reserved',
})

/** A byte of a manufacturer's own table, behind VIF or VIFE 7F (codes from 256 up). */
export const manufacturerModifier = (code: number): Modifier => MANUFACTURER[code & 0x7f]!
const MANUFACTURER: readonly Modifier[] = Array.from({ length: 128 }, (_, code) => ({
  code: 256 + code,
  name: `manufacturer ${code.toString(16).toUpperCase().padStart(2, '0')}`,
}))
