/** What a proprietary payload says, written in the standard's own words: records of EN 13757-3, which the codec then reads. */

/** Little-endian, unsigned. */
export function unsigned(bytes: Uint8Array, at: number, size: number): number {
  let value = 0
  for (let i = at + size - 1; i >= at; i--) value = value * 0x100 + bytes[i]!
  return value
}

const littleEndian = (value: number, size: number): number[] =>
  Array.from({ length: size }, (_, i) => Math.floor(value / 0x100 ** i) & 0xff)

/** DIF, DIFE, VIF and VIFE in hex, then the data. */
export const record = (header: string, data: ArrayLike<number>): number[] => [
  ...(header.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)),
  ...Array.from(data),
]

/** A record of a number: an unsigned one stays positive in a longer integer. */
export const number = (header: string, value: number, size = 4): number[] => record(header, littleEndian(value, size))

/** A record with `size` bytes of the payload as they are. */
export const copy = (header: string, bytes: Uint8Array, at: number, size: number): number[] => record(header, bytes.subarray(at, at + size))

/** Type G. */
export const date = (header: string, year: number, month: number, day: number): number[] =>
  record(header, littleEndian(day | ((year & 7) << 5) | (month << 8) | ((year >> 3) << 12), 2))

/** A record of four bytes in a storage from 2 to 31. */
export const stored = (storage: number, vif: string, value: number): number[] => {
  const dif = 0x84 | ((storage & 1) << 6)
  return number(`${dif.toString(16)}${(storage >> 1).toString(16).padStart(2, '0')}${vif}`, value)
}
