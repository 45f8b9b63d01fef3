import { type Cursor, u8 } from './cursor.ts'
import type { Fault } from './fault.ts'
import { efVif, fbVif, fdFdVif, fdVif, primaryVif, type ValueType, type Vif } from './vif.ts'
import { type Modifier, manufacturerModifier, modifierOf, secondModifierOf } from './vife.ts'

/** Function field of the DIF, bits 5–4. */
export const FUNCTIONS = ['instantaneous', 'maximum', 'minimum', 'error'] as const
export type FunctionField = (typeof FUNCTIONS)[number]

/**
 * One data record: DIB, VIB and value (EN 13757-3). Its value is exactly `raw` × 10^`exponent` `unit`; texts, dates and
 * unread bytes stand in `text`. Offsets point into the datagram's bytes.
 */
export interface DataRecord {
  at: number
  dataAt: number
  end: number
  /** Coding of the data: the DIF's low four bits. */
  coding: number
  /** Index into `FUNCTIONS`. */
  fn: number
  storage: number
  tariff: number
  subunit: number
  vif: Vif
  /** The VIF row's quantity, or what the meter type calls a manufacturer's own. */
  quantity: string
  unit: string
  exponent: number
  type: ValueType
  modifiers: readonly Modifier[]
  /** Identifies VIF and VIFEs exactly (up to three VIFEs), for picking; −1 where there are more. */
  vibKey: number
  raw: number | bigint | null
  text: string | null
  /** The moment a value of a compact profile is of, ISO 8601 local time: it has no date record of its own. */
  date: string | null
  /** Why there is no value: the meter says "not available", or reports an error. */
  missing: 'invalid' | 'error' | null
  /** False for records behind the encrypted part of a frame. */
  protected: boolean
}

const NO_MODIFIERS: readonly Modifier[] = []
const EXTENDED = 0x80
const MOST_EXTENSIONS = 10

/** One step of a VIB key: room for every modifier code, 0 meaning none. */
const KEY_BASE = 512

const MOST_IN_KEY = 3

/**
 * The key of a VIB, as `DataRecord.vibKey` has it: VIF row and the codes of its modifiers in order. Modifiers that only
 * move the decimal point do not count: the meaning is the same.
 */
export function vibKeyOf(vif: Vif, modifiers: readonly Modifier[]): number {
  let key = vif.id
  let step = 1024
  let counted = 0
  for (const m of modifiers) {
    if (m.scale !== undefined) continue
    if (++counted > MOST_IN_KEY) return -1
    key += (m.code + 1) * step
    step *= KEY_BASE
  }
  return key
}

/** DIF and DIFEs: storage, tariff and subunit grow by 4, 2 and 1 bits an extension. Storage numbers pass 2^31. */
function readDib(c: Cursor, r: DataRecord, dif: number): Fault | undefined {
  r.coding = dif & 0x0f
  r.fn = (dif >> 4) & 3
  r.storage = (dif >> 6) & 1
  let more = dif & EXTENDED
  for (let n = 0; more; n++) {
    if (n === MOST_EXTENSIONS) return 'apl.record'
    const dife = u8(c)
    r.storage += (dife & 0x0f) * 2 ** (1 + 4 * n)
    r.tariff |= ((dife >> 4) & 3) << (2 * n)
    r.subunit |= ((dife >> 6) & 1) << n
    more = dife & EXTENDED
  }
  return undefined
}

/** Plain text unit: a length byte and Latin-1 characters, last first, directly behind the VIF byte. */
function readPlainUnit(c: Cursor): string | null {
  const length = u8(c)
  if (c.pos + length > c.end) {
    c.short = true
    return null
  }
  let text = ''
  for (let i = c.pos + length - 1; i >= c.pos; i--) text += String.fromCharCode(c.bytes[i]!)
  c.pos += length
  return text
}

/** Which byte leads to the next table, and how its codes are read. */
const EXTENSIONS: Readonly<Record<number, (code: number) => Vif>> = { 253: fdVif, 251: fbVif, 239: efVif }

function readVib(c: Cursor, r: DataRecord): Fault | undefined {
  let byte = u8(c)
  let lookup = EXTENSIONS[byte]
  if (lookup) {
    byte = u8(c)
    if (lookup === fdVif && byte === 0xfd) {
      lookup = fdFdVif
      byte = u8(c)
    }
  }
  r.vif = lookup ? lookup(byte) : primaryVif(byte)
  r.quantity = r.vif.quantity
  r.unit = r.vif.unit
  r.exponent = r.vif.exponent
  r.type = r.vif.type
  if (!lookup && (byte & 0x7f) === 0x7c) r.unit = readPlainUnit(c) ?? ''
  if (byte & EXTENDED) return readVifes(c, r, !lookup && (byte & 0x7f) === 0x7f)
  r.vibKey = r.vif.id
  return undefined
}

/** VIFEs; behind VIF or VIFE 7F every byte is the manufacturer's own. */
function readVifes(c: Cursor, r: DataRecord, manufacturer: boolean): Fault | undefined {
  const modifiers: Modifier[] = []
  let own = manufacturer
  for (let more = EXTENDED, n = 0; more; n++) {
    if (n === MOST_EXTENSIONS) return 'apl.record'
    const vife = u8(c)
    more = vife & EXTENDED
    if (!own && (vife & 0x7f) === 0x7f) {
      own = true
      continue
    }
    if (!own && vife === 0xfc) {
      const second = u8(c)
      more = second & EXTENDED
      modifiers.push(secondModifierOf(second))
      continue
    }
    const modifier = own ? manufacturerModifier(vife) : modifierOf(vife)
    modifiers.push(modifier)
    modify(r, modifier)
  }
  r.modifiers = modifiers
  r.vibKey = vibKeyOf(r.vif, modifiers)
  return undefined
}

function modify(r: DataRecord, m: Modifier): void {
  if (m.scale !== undefined) r.exponent += m.scale
  if (m.error) r.missing = 'error'
  if (m.becomes) {
    r.unit = m.becomes.unit
    r.type = m.becomes.type
    r.exponent = 0
  }
}

export const emptyRecord = (at: number, isProtected: boolean): DataRecord => ({
  at,
  dataAt: at,
  end: at,
  coding: 0,
  fn: 0,
  storage: 0,
  tariff: 0,
  subunit: 0,
  vif: primaryVif(0x7e),
  quantity: 'any',
  unit: '',
  exponent: 0,
  type: 'number',
  modifiers: NO_MODIFIERS,
  vibKey: 0,
  raw: null,
  text: null,
  date: null,
  missing: null,
  protected: isProtected,
})

/** Reads DIB and VIB of a record whose DIF is `dif`; leaves the cursor at its data. */
export function readHeader(c: Cursor, r: DataRecord, dif: number): Fault | undefined {
  const fault = readDib(c, r, dif) ?? readVib(c, r)
  r.dataAt = c.pos
  r.end = c.pos
  return c.short ? 'apl.truncated' : fault
}
