/** From what people write about a value information block to the keys its records carry. */
import { emptyRecord, readHeader, vibKeyOf } from './record.ts'
import { allVifs } from './vif.ts'
import { allModifiers, type Modifier } from './vife.ts'

export interface VibPattern {
  readonly quantity?: string
  readonly vib?: string
  readonly modifiers?: readonly string[]
}

/** The keys of every VIB the pattern fits: one per unit the standard has for a quantity. Throws on a name nobody knows. */
export function vibKeysOf(pattern: VibPattern): number[] {
  if (pattern.vib !== undefined) return [keyOfHex(pattern.vib)]
  const modifiers = (pattern.modifiers ?? []).map(modifierNamed)
  const vifs = allVifs().filter((v) => v.quantity === pattern.quantity)
  if (vifs.length === 0) throw new Error(`no VIF of EN 13757-3 measures "${pattern.quantity}"`)
  return vifs.map((vif) => vibKeyOf(vif, modifiers))
}

function modifierNamed(name: string): Modifier {
  const found = allModifiers().find((m) => m.name === name)
  if (!found) throw new Error(`no combinable VIFE is called "${name}"`)
  return found
}

function keyOfHex(hex: string): number {
  const bytes = Uint8Array.from(hex.match(/../g) ?? [], (b) => Number.parseInt(b, 16))
  const c = { bytes, pos: 0, end: bytes.length, short: false }
  const record = emptyRecord(0, true)
  if (readHeader(c, record, 0x00) || c.pos !== c.end) throw new Error(`"${hex}" is no value information block`)
  return record.vibKey
}
