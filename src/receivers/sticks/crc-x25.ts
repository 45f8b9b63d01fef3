/** CRC-16/X-25: polynomial 1021 reflected, initial value FFFF, complemented at the end; sent low byte first. */
const TABLE = new Uint16Array(256)
for (let i = 0; i < 256; i++) {
  let crc = i
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0x8408 : crc >> 1
  TABLE[i] = crc
}

/** The frame checksum of IMST's host links over `bytes[from, to)`. Not the CRC of EN 13757-4. */
export function crcX25(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0xffff
  for (let i = from; i < to; i++) crc = (crc >> 8) ^ TABLE[(crc ^ bytes[i]!) & 0xff]!
  return crc ^ 0xffff
}
