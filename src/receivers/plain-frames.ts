import type { FrameRule } from './resync.ts'

/** C-fields a meter sends, the bit that a repeater sets aside: SND-NR, SND-IR, ACC-NR, ACC-DMD, RSP-UD. */
const C_FIELDS: readonly number[] = [0x44, 0x46, 0x47, 0x48, 0x08]
const RELAYED = 0x80
/** C, M, A, CI. */
const SHORTEST_L = 10

/** Could a frame start at `at`? Null: not enough bytes to tell. */
function startsAt(bytes: Uint8Array, at: number): boolean | null {
  const l = bytes[at]
  const c = bytes[at + 1]
  if (l !== undefined && l < SHORTEST_L) return false
  return c === undefined ? null : C_FIELDS.includes(c & ~RELAYED)
}

/**
 * `L | C …` back to back, with nothing before, behind or between. So a length is believed only where the next frame starts behind it, or
 * silence follows.
 */
export const PLAIN: FrameRule = {
  start: null,
  header: 2,
  size: (bytes, at) => (startsAt(bytes, at) ? bytes[at]! + 1 : 0),
  vouched: 'neighbours',
  right: (bytes, at, size) => startsAt(bytes, at + size),
}

/** Longer than the pauses that converters and USB make within a telegram. */
export const PLAIN_PATIENCE_MS = 250
