/** Values of messages: a decimal text and its unit, exactly as they are written, as a measurement. */
import type { Measurement } from '../../decoders/observation.ts'

type Quantity = 'energy' | 'volume' | 'power' | 'flowRate' | 'temperature' | 'pressure' | 'time'

/** Units as messages write them, and as this program does. Nothing is converted. */
const UNITS: readonly (readonly [Quantity, RegExp, string])[] = [
  ['energy', /^(k|M|G)?Wh$/i, 'Wh'],
  ['energy', /^(k|M|G)?J$/i, 'J'],
  ['energy', /^(k|M|G)?cal$/i, 'cal'],
  ['volume', /^m(?:3|³|\^3)$/i, 'm3'],
  ['volume', /^l(?:iter)?$/i, 'l'],
  ['power', /^(k|M)?W$/i, 'W'],
  ['flowRate', /^m(?:3|³|\^3)\/h$/i, 'm3/h'],
  ['flowRate', /^l\/h$/i, 'l/h'],
  ['temperature', /^°?C$/i, '°C'],
  ['pressure', /^bar$/i, 'bar'],
  ['time', /^(?:h|hours?|timer?)$/i, 'h'],
]

/** An m before a unit of energy or power is mega, in small letters as well: no meter counts in thousandths of a watt. */
const PREFIXES: Readonly<Record<string, string>> = { k: 'k', m: 'M', g: 'G' }

export interface Unit {
  readonly quantity: Quantity
  readonly unit: string
}

export function unitOf(text: string): Unit | null {
  for (const [quantity, pattern, unit] of UNITS) {
    const found = pattern.exec(text.trim())
    if (found) return { quantity, unit: (PREFIXES[found[1]?.toLowerCase() ?? ''] ?? '') + unit }
  }
  return null
}

/** What a reading may say, by the name of its field: as the meter types of wireless meters call it. */
export const FIELDS = {
  energy: { quantity: 'energy', kind: 'register', obis: '6-0:1.0.0*255' },
  volume: { quantity: 'volume', kind: 'register', obis: '6-0:2.0.0*255' },
  onTime: { quantity: 'time', kind: 'register' },
  power: { quantity: 'power', kind: 'momentary', obis: '6-0:8.0.0*255' },
  flowRate: { quantity: 'flowRate', kind: 'momentary', obis: '6-0:9.0.0*255' },
  flowTemperature: { quantity: 'temperature', kind: 'momentary', obis: '6-0:10.0.0*255' },
  returnTemperature: { quantity: 'temperature', kind: 'momentary', obis: '6-0:11.0.0*255' },
} as const satisfies Readonly<Record<string, { quantity: Quantity; kind: Measurement['kind']; obis?: string }>>

export type FieldName = keyof typeof FIELDS

export const isField = (name: string): name is FieldName => Object.hasOwn(FIELDS, name)

/** The most digits a number holds exactly. */
const EXACT = 15

/** A decimal text; `sign` is its decimal sign, and nothing else may stand between digits. Null where it is none. */
function decimalOf(text: string, sign: '.' | ','): Pick<Measurement, 'raw' | 'exponent'> | null {
  const [, minus = '', whole = '', fraction = ''] =
    (sign === '.' ? /^(-?)(\d+)(?:\.(\d+))?$/ : /^(-?)(\d+)(?:,(\d+))?$/).exec(text.trim()) ?? []
  if (whole === '') return null
  const digits = minus + whole + fraction
  return { raw: digits.length > EXACT ? BigInt(digits) : Number(digits), exponent: fraction === '' ? 0 : -fraction.length }
}

/** Null where the text is no decimal, or the unit none of what the field measures. */
export function measurementOf(name: FieldName, text: string, unit: string, sign: '.' | ',' = '.'): Measurement | null {
  const { quantity, ...field } = FIELDS[name]
  const value = decimalOf(text, sign)
  const found = unitOf(unit)
  return value === null || found?.quantity !== quantity ? null : { name, ...field, ...value, unit: found.unit }
}
