/** The data of a record, and of a compact profile element by element (EN 13757-3). */
import type { Datagram } from '../wmbus/datagram.ts'
import { type DataRecord, FUNCTIONS } from '../wmbus/record.ts'
import { recordValue } from '../wmbus/value.ts'
import type { BitRow } from './bits.ts'
import { codingWords, functionWords } from './header.ts'
import { block, type Field, lay, type Span, type Walk } from './tree.ts'
import { counted, printable, spaced } from './words.ts'

const DOCUMENT = 'EN 13757-3'
const VARIABLE_LENGTH = 13

const MISSING = { invalid: 'not available', error: 'an error instead of a value' }

const PROFILES = new Set([0x13, 0x1e, 0x1f])
const isProfile = ({ coding, modifiers }: DataRecord): boolean =>
  coding === VARIABLE_LENGTH && modifiers.some(({ code }) => PROFILES.has(code))

/** `28504.27 m3`, `2008-05-31T23:50`, `not available`. */
function valueWords(r: DataRecord): string {
  if (r.missing) return printable(r.text === null ? MISSING[r.missing] : `${MISSING[r.missing]} (${r.text})`)
  return isProfile(r) ? '' : printable(`${recordValue(r) ?? 'no value'} ${r.unit}`.trim())
}

/** `volume 473.247 m3, storage 1`. */
export function recordWords(r: DataRecord): string {
  const which = [
    FUNCTIONS[r.fn] === 'instantaneous' ? '' : functionWords(r.fn),
    r.storage > 0 ? `storage ${r.storage}` : '',
    r.tariff > 0 ? `tariff ${r.tariff}` : '',
    r.subunit > 0 ? `subunit ${r.subunit}` : '',
    ...r.modifiers.map(({ name }) => name),
  ]
  return [`${spaced(r.quantity)} ${valueWords(r)}`.trim(), ...which.filter((text) => text !== '')].join(', ')
}

/** Data size of a date in bytes → its type. */
const DATE_TYPES: Readonly<Record<number, string>> = { 2: 'type G', 3: 'type J', 4: 'type F', 6: 'type I' }
const REAL = 5
const FIRST_BCD = 9

/** Type A–J of annex A; the others have none of their own. */
function typeOf({ type, coding, dataAt, end }: DataRecord): string | undefined {
  if (coding === VARIABLE_LENGTH) return undefined
  if (type === 'date' || type === 'dateTime') return DATE_TYPES[end - dataAt]
  if (coding === REAL) return 'type H'
  if (coding >= FIRST_BCD) return 'type A'
  return type === 'number' ? 'type B' : 'types C and D'
}

function typeClause(r: DataRecord): string {
  const type = typeOf(r)
  return type === undefined ? `${DOCUMENT}, LVAR` : `${DOCUMENT}, annex A ${type}`
}

/** `2850427 × 10^-2 m3`, where the value is not the raw number itself. */
function rawWords(r: DataRecord): string {
  if (r.raw === null || r.exponent === 0 || r.missing) return valueWords(r) || 'a profile that cannot be expanded'
  return printable(`${r.raw} × 10^${r.exponent} ${r.unit}`.trim())
}

const LENGTH_CLASSES: readonly (readonly [first: number, words: string])[] = [
  [0xf0, 'binary'],
  [0xe0, 'binary'],
  [0xd0, 'negative BCD'],
  [0xc0, 'positive BCD'],
  [0x00, 'text or bytes'],
]

export const lengthField: Field = {
  size: 1,
  field: 'LVAR',
  clause: `${DOCUMENT}, LVAR`,
  say: ([lvar]) => (lvar! < 0xc0 ? counted(lvar!, 'byte') : LENGTH_CLASSES.find(([first]) => lvar! >= first)![1]),
}

const MODES = ['values', 'increments', 'decrements', 'signed differences']
const UNITS = ['seconds', 'minutes', 'hours', 'days or months']
const CONTROL: readonly BitRow[] = [
  [7, 6, (mode) => MODES[mode]!],
  [5, 4, (unit) => UNITS[unit]!],
  [3, 0, codingWords],
]
const PROFILE = `${DOCUMENT}, annex F`
const SPACING: readonly Field[] = [
  { size: 1, field: 'spacing control', clause: PROFILE, say: ([sc]) => `${MODES[sc! >> 6]}, ${codingWords(sc! & 0x0f)}`, bits: CONTROL },
  { size: 1, field: 'spacing value', clause: PROFILE, say: ([sv]) => String(sv) },
]

/** The values that a compact profile was expanded to, as they stand in its data. */
const elementsOf = (d: Datagram, profile: DataRecord): readonly DataRecord[] =>
  d.records.filter((r) => r !== profile && r.at > profile.dataAt && r.end <= profile.end)

/** The element's own number, and the value that comes of it. */
function elements(w: Walk, profile: DataRecord, values: readonly DataRecord[]): Span[] {
  const shift = w.pos - profile.dataAt
  const spans = lay(w, 'apl', [lengthField, ...SPACING])
  for (const r of values) {
    spans.push(...block(w, r.at + shift, 'apl', 'element', 'no value', PROFILE))
    const words = `${recordWords(r)}${r.date === null ? '' : `, ${r.date}`}`
    spans.push(...block(w, r.end + shift, 'apl', 'element', words, PROFILE))
  }
  return [...spans, ...block(w, profile.end + shift, 'apl', 'element', 'no value', PROFILE)]
}

/** The data bytes of a record that was read. */
export function dataSpans(w: Walk, r: DataRecord, note?: string): Span[] {
  const values = elementsOf(w.d, r)
  if (values.length > 0) return elements(w, r, values)
  const size = r.end - r.dataAt
  const length = r.coding === VARIABLE_LENGTH ? [lengthField] : []
  return lay(w, 'apl', [...length, { size: size - length.length, field: 'data', clause: typeClause(r), say: () => rawWords(r), note }])
}
