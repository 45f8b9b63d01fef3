import type { Address } from '../wmbus/address.ts'
import { idText, manufacturerText } from '../wmbus/address.ts'
import { deviceTypeText } from '../wmbus/device-type.ts'

/** Bytes as one little-endian number. */
export const numberOf = (bytes: Uint8Array): number => bytes.reduceRight((sum, byte) => sum * 0x100 + byte, 0)

export const hexByte = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, '0')
export const hexWord = (word: number): string => word.toString(16).toUpperCase().padStart(4, '0')

/** `1 byte`, `2 bytes`. */
export const counted = (n: number, one: string): string => `${n} ${one}${n === 1 ? '' : 's'}`

/** `flowTemperature` → `flow temperature`. */
export const spaced = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

/** Text that came by radio, with a dot for every character that a terminal would obey. */
export const printable = (text: string): string => text.replaceAll(/\p{Cc}/gu, '·')

/** What one-byte codes mean, or that they are reserved. */
export const named =
  (names: Readonly<Record<number, string>>) =>
  (code: number): string =>
    names[code] ?? `reserved (${code})`

export const manufacturerWords = (bytes: Uint8Array): string => manufacturerText(numberOf(bytes))
export const idWords = (bytes: Uint8Array): string => idText(numberOf(bytes))
export const versionWords = (bytes: Uint8Array): string => String(bytes[0])
export const deviceTypeWords = (bytes: Uint8Array): string => deviceTypeText(bytes[0]!)

/** `KAM-07134347, heat, version 52`. */
export const addressWords = (a: Address): string =>
  `${manufacturerText(a.manufacturer)}-${idText(a.id)}, ${deviceTypeText(a.deviceType)}, version ${a.version}`
