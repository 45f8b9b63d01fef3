/** DIF, DIFE, VIF and VIFE, byte by byte and bit by bit (EN 13757-3). */
import { decimal } from '../wmbus/decimal.ts'
import { FUNCTIONS } from '../wmbus/record.ts'
import { efVif, fbVif, fdFdVif, fdVif, primaryVif, type Vif } from '../wmbus/vif.ts'
import { manufacturerModifier, modifierOf, secondModifierOf } from '../wmbus/vife.ts'
import { type BitRow, flag } from './bits.ts'
import type { Field } from './tree.ts'
import { printable, spaced } from './words.ts'

const DOCUMENT = 'EN 13757-3'
const EXTENDED = 0x80
const STORAGE = 0x40

const CODINGS = [
  'no data',
  '8-bit integer',
  '16-bit integer',
  '24-bit integer',
  '32-bit integer',
  '32-bit real',
  '48-bit integer',
  '64-bit integer',
  'selection for readout',
  '2-digit BCD',
  '4-digit BCD',
  '6-digit BCD',
  '8-digit BCD',
  'variable length',
  '12-digit BCD',
  'special function',
]

export const functionWords = (fn: number): string => (FUNCTIONS[fn] === 'error' ? 'during error' : FUNCTIONS[fn]!)
export const codingWords = (coding: number): string => CODINGS[coding]!

const DIF: readonly BitRow[] = [
  flag(7, 'DIFE follows', 'no DIFE'),
  [6, 6, (bit) => `storage +${bit}`],
  [5, 4, functionWords],
  [3, 0, codingWords],
]

function dif(byte: number): Field {
  const words = [codingWords(byte & 0x0f), functionWords((byte >> 4) & 3), ...(byte & STORAGE ? ['storage +1'] : [])]
  return { size: 1, field: 'DIF', clause: `${DOCUMENT}, DIB`, say: () => words.join(', '), bits: DIF }
}

/** Every DIFE brings the next four bits of the storage number, two of the tariff, one of the subunit. */
function dife(byte: number, n: number): Field {
  const storage = (byte & 0x0f) * 2 ** (1 + 4 * n)
  const tariff = ((byte >> 4) & 3) * 4 ** n
  const subunit = ((byte >> 6) & 1) * 2 ** n
  const rows: readonly BitRow[] = [
    flag(7, 'DIFE follows', 'no DIFE'),
    [6, 6, () => `subunit +${subunit}`],
    [5, 4, () => `tariff +${tariff}`],
    [3, 0, () => `storage +${storage}`],
  ]
  const adds = { storage, tariff, subunit }
  const words = Object.entries(adds)
    .filter(([, add]) => add > 0)
    .map(([name, add]) => `${name} +${add}`)
  return {
    size: 1,
    field: 'DIFE',
    clause: `${DOCUMENT}, DIB`,
    say: () => words.join(', ') || 'adds nothing',
    bits: rows,
  }
}

/** `flow temperature, 0.01 °C`. */
function vifWords({ quantity, unit, exponent }: Pick<Vif, 'quantity' | 'unit' | 'exponent'>): string {
  const scale = exponent === 0 ? '' : `${decimal(1, exponent)} `
  return unit === '' && scale === '' ? spaced(quantity) : `${spaced(quantity)}, ${scale}${unit}`
}

const value = (field: string, clause: string, words: string): Field => ({
  size: 1,
  field,
  clause: `${DOCUMENT}, ${clause}`,
  say: () => words,
  bits: [flag(7, 'VIFE follows', 'no VIFE'), [6, 0, () => words]],
})

interface Table {
  readonly name: string
  readonly lookup: (code: number) => Vif
}

const TABLES: Readonly<Record<number, Table>> = {
  253: { name: 'FD', lookup: fdVif },
  251: { name: 'FB', lookup: fbVif },
  239: { name: 'EF', lookup: efVif },
}
const SECOND: Table = { name: 'FD FD', lookup: fdFdVif }
const PLAIN_TEXT = 0x7c
const OWN = 0x7f
const SECOND_VIFES = 0xfc

const leader = (name: string): Field => value('VIF', `VIF extension table ${name}`, `extension table ${name}`)

/** VIF, and what leads to it or belongs to it: the name of a table, a unit in plain text. */
function vifFields(bytes: Uint8Array, at: number): Field[] {
  const first = TABLES[bytes[at]!]
  if (!first) {
    const vif = value('VIF', '6.4.2 primary VIFs', vifWords(primaryVif(bytes[at]!)))
    return (bytes[at]! & ~EXTENDED) === PLAIN_TEXT ? [vif, ...plainUnit(bytes, at + 1)] : [vif]
  }
  const isSecond = first.lookup === fdVif && bytes[at + 1] === 0xfd
  const { name, lookup } = isSecond ? SECOND : first
  const leaders = isSecond ? [leader('FD'), leader('FD FD')] : [leader(name)]
  const vif = lookup(bytes[at + leaders.length] ?? 0)
  return [...leaders, value('VIF', `VIF extension table ${name}`, vifWords(vif))]
}

function plainUnit(bytes: Uint8Array, at: number): Field[] {
  const clause = `${DOCUMENT}, C.2 plain-text VIF`
  const size = bytes[at] ?? 0
  const text = printable(String.fromCharCode(...bytes.slice(at + 1, at + 1 + size).reverse()))
  return [
    { size: 1, field: 'unit length', clause, say: () => `${size} characters` },
    { size, field: 'unit', clause, say: () => text },
  ]
}

/** VIFEs; behind a VIF or VIFE 7F all are the manufacturer's own, behind FC one is of a second table. */
function vifeFields(bytes: Uint8Array, from: number, end: number, isOwn: boolean): Field[] {
  const fields: Field[] = []
  let own = isOwn
  for (let at = from, more = true; more && at < end; at++) {
    const byte = bytes[at]!
    more = (byte & EXTENDED) !== 0
    if (own) fields.push(value('VIFE', 'manufacturer VIFEs', manufacturerModifier(byte).name))
    else if ((byte & ~EXTENDED) === OWN) {
      own = true
      fields.push(value('VIFE', 'table 15 VIFEs', 'manufacturer specific VIFEs follow'))
    } else if (byte === SECOND_VIFES && at + 1 < end) {
      const second = bytes[++at]!
      more = (second & EXTENDED) !== 0
      fields.push(value('VIFE', 'table 15 VIFEs', 'extension table FC'))
      fields.push(value('VIFE', 'VIFEs behind FC', secondModifierOf(second).name))
    } else fields.push(value('VIFE', 'table 15 VIFEs', modifierOf(byte).name))
  }
  return fields
}

/** The fields of a record's header, `bytes[at, end)`, as far as it is there. */
export function headerFields(bytes: Uint8Array, at: number, end: number): Field[] {
  const fields = [dif(bytes[at]!)]
  let pos = at + 1
  for (let n = 0; bytes[pos - 1]! & EXTENDED && pos < end; n++) fields.push(dife(bytes[pos++]!, n))
  if (pos >= end) return fields
  const vif = vifFields(bytes, pos)
  const last = bytes[pos + vif.findLastIndex(({ field }) => field === 'VIF')] ?? 0
  const isOwn = vif.length === 1 && (last & ~EXTENDED) === OWN
  fields.push(...vif)
  pos += vif.reduce((sum, { size }) => sum + size, 0)
  return last & EXTENDED ? [...fields, ...vifeFields(bytes, pos, end, isOwn)] : fields
}

/** The header of a record that is not among the received bytes, for a note. */
export const headerWords = (header: Uint8Array): string =>
  headerFields(header, 0, header.length)
    .map(({ say }) => say(header))
    .join('; ')
