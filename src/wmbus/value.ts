/** The data of a record: integers, BCD, real, variable length (EN 13757-3, data field codings and types A–M). */
import { type Cursor, u8, u16, u32 } from './cursor.ts'
import { dateOfG, dateTimeOfF, dateTimeOfI, timeOfJ } from './data-types.ts'
import { decimal } from './decimal.ts'
import type { Fault } from './fault.ts'
import type { DataRecord } from './record.ts'

type Read = (c: Cursor, r: DataRecord) => Fault | undefined

const nothing: Read = () => undefined

const isDate = (r: DataRecord): boolean => r.type === 'date' || r.type === 'dateTime'

/**
 * Little-endian integers of 1, 2, 3, 4 and 6 bytes, read unsigned; `settle` gives them sign or date. Spelt out, because a
 * loop with powers was a third of all decoding time.
 */
const integer1: Read = (c, r) => settle(r, u8(c), 0x100)
const integer2: Read = (c, r) => settle(r, u16(c), 0x1_0000)
const integer3: Read = (c, r) => settle(r, u16(c) + u8(c) * 0x1_0000, 0x100_0000)
const integer4: Read = (c, r) => settle(r, u32(c), 0x1_0000_0000)
const integer6: Read = (c, r) => settle(r, u32(c) + u16(c) * 0x1_0000_0000, 0x1_0000_0000_0000)

/** Signed for a number, where 80…00 means invalid (type B); unsigned for flags and identities (types C and D). */
function settle(r: DataRecord, unsigned: number, span: number): undefined {
  if (r.type === 'number') {
    const half = span / 2
    r.raw = unsigned >= half ? unsigned - span : unsigned
    if (unsigned === half) dismiss(r)
  } else if (isDate(r)) readDate(r, unsigned, span)
  else r.raw = unsigned
}

/** The value means "not available"; its digits stay in `text` for people. */
function dismiss(r: DataRecord, digits?: string): void {
  r.text = digits ?? String(r.raw)
  r.raw = null
  r.missing ??= 'invalid'
}

/** Data size in values → date type G, J, F or I. */
const DATES: Readonly<Record<number, (raw: number) => string | null>> = {
  [2 ** 16]: dateOfG,
  [2 ** 24]: timeOfJ,
  [2 ** 32]: dateTimeOfF,
  [2 ** 48]: dateTimeOfI,
}

function readDate(r: DataRecord, raw: number, span: number): void {
  r.text = DATES[span]?.(raw) ?? null
  if (r.text === null) dismiss(r, raw.toString(16).toUpperCase())
}

/** Integers that a double cannot always hold. */
const bigInteger =
  (size: number): Read =>
  (c, r) => {
    let unsigned = 0n
    for (let i = 0; i < size; i++) unsigned |= BigInt(u8(c)) << BigInt(8 * i)
    r.raw = narrow(r.type === 'number' ? BigInt.asIntN(8 * size, unsigned) : unsigned)
    if (r.type === 'number' && unsigned === 1n << BigInt(8 * size - 1)) dismiss(r)
    return undefined
  }

const FLOAT = new DataView(new ArrayBuffer(4))

const real: Read = (c, r) => {
  FLOAT.setUint32(0, u32(c))
  const value = FLOAT.getFloat32(0)
  r.raw = Number.isFinite(value) ? value : null
  if (r.raw === null) dismiss(r, String(value))
}

/** BCD, least significant byte first. A top digit F is a minus sign; any other digit A–F makes the value invalid. */
const bcd =
  (size: number): Read =>
  (c, r) => {
    const from = c.pos
    let raw = 0
    let decade = 1
    let broken = 0
    for (let i = 1; i < size; i++) {
      const byte = u8(c)
      broken |= ((byte & 0x0f) + 6) | ((byte >> 4) + 6)
      raw += ((byte >> 4) * 10 + (byte & 0x0f)) * decade
      decade *= 100
    }
    const top = u8(c)
    const sign = top >> 4 === 0x0f ? 0 : top >> 4
    broken |= ((top & 0x0f) + 6) | (sign + 6)
    raw += (sign * 10 + (top & 0x0f)) * decade
    // 0 − raw, so that −0 is no value of its own.
    r.raw = top >> 4 === 0x0f ? 0 - raw : raw
    if (broken & 0x10) dismiss(r, c.short ? '' : hexReversed(c.bytes, from, from + size))
  }

const hexByte = (b: number): string => b.toString(16).toUpperCase().padStart(2, '0')

function hexReversed(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let i = to - 1; i >= from; i--) text += hexByte(bytes[i]!)
  return text
}

export function hexOf(bytes: Uint8Array, from = 0, to = bytes.length): string {
  let text = ''
  for (let i = from; i < to; i++) text += hexByte(bytes[i]!)
  return text
}

/** Number of data bytes behind a length byte (LVAR), or −1 where the class is reserved. */
function variableLength(lvar: number): number {
  if (lvar < 0xc0) return lvar
  const low = lvar & 0x0f
  if (lvar < 0xca || (lvar >= 0xd0 && lvar < 0xda) || (lvar >= 0xe0 && lvar < 0xf0)) return low
  if (lvar >= 0xf0 && lvar <= 0xf4) return 4 * (lvar - 0xec)
  return lvar === 0xf5 ? 48 : lvar === 0xf6 ? 64 : -1
}

/** Binary of a variable length that is a number: by its bytes. Longer ones are keys, signatures, images. */
const VARIABLE_INTEGERS: readonly Read[] = [
  nothing,
  integer1,
  integer2,
  integer3,
  integer4,
  bigInteger(5),
  integer6,
  bigInteger(7),
  bigInteger(8),
]

/** BCD of a variable length: up to 18 digits, more than a double holds. */
function variableBcd(c: Cursor, r: DataRecord, length: number, sign: bigint): void {
  const digits = hexReversed(c.bytes, c.pos, c.pos + length)
  const magnitude = digits.replace(/^F/, '0')
  if (/[A-F]/.test(magnitude)) dismiss(r, digits)
  else r.raw = narrow(BigInt(magnitude) * (magnitude === digits ? sign : -sign))
}

const variable: Read = (c, r) => {
  const lvar = u8(c)
  const length = variableLength(lvar)
  if (length < 0) return 'apl.record'
  if (c.pos + length > c.end) return 'apl.truncated'
  const end = c.pos + length
  if (lvar < 0xc0) {
    r.text = r.type === 'bytes' || holdsProfile(r) ? hexOf(c.bytes, c.pos, end) : textReversed(c.bytes, c.pos, end)
  } else if (length === 0) {
    r.text = ''
  } else if (lvar < 0xe0) {
    variableBcd(c, r, length, lvar < 0xd0 ? 1n : -1n)
  } else if (length < VARIABLE_INTEGERS.length) VARIABLE_INTEGERS[length]!(c, r)
  else r.text = hexReversed(c.bytes, c.pos, end)
  c.pos = end
  return undefined
}

/** Compact profiles (VIFE 13, 1E, 1F) carry a series of values, not text. */
const holdsProfile = (r: DataRecord): boolean => r.modifiers.some((m) => m.code === 0x13 || m.code === 0x1e || m.code === 0x1f)

function textReversed(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let i = to - 1; i >= from; i--) text += String.fromCharCode(bytes[i]!)
  return text
}

/** Data field code → reader; F is special and never comes here. */
const CODINGS: readonly Read[] = [
  nothing,
  integer1,
  integer2,
  integer3,
  integer4,
  real,
  integer6,
  bigInteger(8),
  nothing,
  bcd(1),
  bcd(2),
  bcd(3),
  bcd(4),
  variable,
  bcd(6),
  nothing,
]

/** Reads the record's data and leaves the cursor behind it. */
export function readData(c: Cursor, r: DataRecord): Fault | undefined {
  const fault = CODINGS[r.coding]!(c, r) ?? undefined
  if (r.modifiers.length > 0) addAddends(r)
  if (r.missing === 'error') r.raw = null
  r.end = c.pos
  return c.short ? 'apl.truncated' : fault
}

/** VIFE 78–7B add a power of ten in the VIF's unit: folded into raw and exponent, so that the value stays exact. */
function addAddends(r: DataRecord): void {
  for (const { addend } of r.modifiers) {
    if (addend === undefined || r.raw === null) continue
    const exponent = r.vif.exponent + addend
    const finest = Math.min(exponent, r.exponent)
    if (Number.isInteger(r.raw) || typeof r.raw === 'bigint') {
      r.raw = narrow(BigInt(r.raw) * 10n ** BigInt(r.exponent - finest) + 10n ** BigInt(exponent - finest))
      r.exponent = finest
    } else r.raw += 10 ** (exponent - r.exponent)
  }
}

/** A number where it holds the integer exactly, else the bigint. */
const narrow = (value: bigint): number | bigint =>
  value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER ? Number(value) : value

/** Bytes of a BCD coding; 0 for the others. */
const BCD_SIZES: readonly number[] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 0, 6, 0]

/**
 * The value for people and JSON: a number where a double prints it exactly, else a decimal string; a text or a date; null
 * where the meter has none. Identities keep their leading zeros.
 */
export function recordValue(r: DataRecord): number | string | null {
  if (r.raw === null) return r.missing === null ? r.text : null
  const digits = BCD_SIZES[r.coding]!
  if (r.type === 'identity' && digits > 0) return String(r.raw).padStart(2 * digits, '0')
  const exact = decimal(r.raw, r.exponent)
  const double = Number(exact)
  return shortest(exact) === String(double) ? double : exact
}

/** A decimal string without the zeros that only tell its resolution. */
const shortest = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text)
