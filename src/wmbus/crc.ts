/** CRC-16 of EN 13757-4: polynomial 3D65, initial value 0, not reflected, complemented at the end. */
const TABLE = new Uint16Array(256)
for (let i = 0; i < 256; i++) {
  let crc = i << 8
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x3d65 : crc << 1
  TABLE[i] = crc
}

/** CRC of `bytes[from, to)` as an unsigned 16-bit number (the data link stores it high byte first, other layers low byte first). */
export function crc16(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0
  for (let i = from; i < to; i++) crc = ((crc << 8) & 0xffff) ^ TABLE[(crc >> 8) ^ bytes[i]!]!
  return crc ^ 0xffff
}
