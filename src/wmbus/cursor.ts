/**
 * Reads over `bytes[pos, end)`. A read past the end yields 0 and sets `short`, which stays set: a layer reads all its
 * fields and checks once. Nothing here throws and `pos` only moves forward.
 */
export interface Cursor {
  bytes: Uint8Array
  pos: number
  end: number
  short: boolean
}

export function u8(c: Cursor): number {
  if (c.pos >= c.end) {
    c.short = true
    return 0
  }
  return c.bytes[c.pos++]!
}

export const u16 = (c: Cursor): number => u8(c) | (u8(c) << 8)

export const u32 = (c: Cursor): number => (u16(c) | (u16(c) << 16)) >>> 0

/** Moves past `count` bytes, or sets `short` and stays. */
export function skip(c: Cursor, count: number): void {
  if (c.pos + count > c.end) c.short = true
  else c.pos += count
}
