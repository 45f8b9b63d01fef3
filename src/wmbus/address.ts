import { type Cursor, u8, u16, u32 } from './cursor.ts'

/** A link layer or transport layer address, in numbers: texts are made only where people or billing read them. */
export interface Address {
  /** M-field, 16 bits; bit 15 set: the number is unique only locally. */
  readonly manufacturer: number
  /** Identification number: eight BCD digits as an unsigned 32-bit number, 0x07134347. Some meters send digits A–F. */
  readonly id: number
  readonly version: number
  readonly deviceType: number
}

/** Three letters of the M-field (EN 13757-3: five bits each, A = 1), bit 15 ignored. */
export const manufacturerText = (manufacturer: number): string =>
  String.fromCharCode(64 + ((manufacturer >> 10) & 31), 64 + ((manufacturer >> 5) & 31), 64 + (manufacturer & 31))

/** The M-field of three letters, bit 15 clear. */
export const manufacturerCode = (letters: string): number =>
  ((letters.charCodeAt(0) & 31) << 10) | ((letters.charCodeAt(1) & 31) << 5) | (letters.charCodeAt(2) & 31)

/** Always eight digits; leading zeros belong to the number. */
export const idText = (id: number): string => id.toString(16).toUpperCase().padStart(8, '0')

/** The meter's one identity, `KAM-07134347`: manufacturer and number as the radio sends it. */
export const meterName = (a: Address): string => `${manufacturerText(a.manufacturer)}-${idText(a.id)}`

/** The same identity as one exact number (47 bits), for maps on the hot path. */
export const meterKey = (a: Address): number => (a.manufacturer & 0x7fff) * 0x1_0000_0000 + a.id

/** Matches a meter's identity as people write it. */
export const METER_NAME = /^[A-Z@[\\\]^_]{3}-[0-9A-F]{8}$/

/** `meterKey` of a meter's name; the name must match `METER_NAME`. */
export const meterKeyOf = (name: string): number => manufacturerCode(name) * 0x1_0000_0000 + Number.parseInt(name.slice(4), 16)

/** M(2) ID(4) VER TYPE, the order of the link layers. */
export const linkAddress = (c: Cursor): Address => {
  const manufacturer = u16(c)
  return { manufacturer, id: u32(c), version: u8(c), deviceType: u8(c) }
}

/** ID(4) M(2) VER TYPE, the order of the long transport header. */
export const transportAddress = (c: Cursor): Address => {
  const id = u32(c)
  return { manufacturer: u16(c), id, version: u8(c), deviceType: u8(c) }
}
