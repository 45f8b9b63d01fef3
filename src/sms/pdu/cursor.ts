import type { Cursor } from '../../wmbus/cursor.ts'

/** The next `count` bytes; fewer, and `short`, where the end comes before. */
export function take(c: Cursor, count: number): Uint8Array {
  const from = c.pos
  c.pos = Math.min(from + count, c.end)
  if (c.pos < from + count) c.short = true
  return c.bytes.subarray(from, c.pos)
}
