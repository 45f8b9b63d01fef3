import type { FrameRule, Place } from './resync.ts'

/** C-fields a meter sends, the bit that a repeater sets aside: SND-NR, SND-IR, ACC-NR, ACC-DMD, RSP-UD. */
const C_FIELDS: readonly number[] = [0x44, 0x46, 0x47, 0x48, 0x08]
const RELAYED = 0x80
/** C, M, A, CI. */
const SHORTEST_L = 10
const ID_FROM = 4
const ID_TO = 8
const isBcd = (byte: number): boolean => byte >> 4 <= 9 && (byte & 0x0f) <= 9

/** Could a frame start at `at`? Null: not enough bytes to tell. */
function mayStartAt(bytes: Uint8Array, at: number): boolean | null {
  const l = bytes[at]
  const c = bytes[at + 1]
  if ((l !== undefined && l < SHORTEST_L) || (c !== undefined && !C_FIELDS.includes(c))) return false
  return c === undefined ? null : true
}

/** The same, and the meter's number is one, as with nearly all it is. */
function startsAt(bytes: Uint8Array, at: number): boolean | null {
  const number = bytes.subarray(at + ID_FROM, at + ID_TO)
  if (mayStartAt(bytes, at) === false || !number.every(isBcd)) return false
  return number.length === ID_TO - ID_FROM ? true : null
}

/** Does a frame that ends before `at` end well: does the next one start there, or silence? Null: not enough bytes to tell. */
function endsWellAt(bytes: Uint8Array, at: number, last: boolean): boolean | null {
  if (at === bytes.length && last) return true
  return at > bytes.length && last ? false : (mayStartAt(bytes, at) ?? (last ? false : null))
}

/** Is there a frame that begins within `[from, to)` and ends well? Null: not enough bytes to tell. */
function frameWithin(bytes: Uint8Array, from: number, to: number, last: boolean): boolean | null {
  let found: boolean | null = false
  for (let at = from; at < to && found !== true; at++) {
    const starts = startsAt(bytes, at)
    const is = starts === true ? endsWellAt(bytes, at + bytes[at]! + 1, last) : last ? false : starts
    if (is !== false) found = is
  }
  return found
}

/**
 * Where nothing led to a frame, it must begin and end well. Where one was expected, it need not end well if what follows has the room of a
 * whole frame, which is then the damaged one. A next frame, or silence, nearer than that shows that this one has too many bytes or too few.
 */
function right(bytes: Uint8Array, at: number, size: number, { expected, last }: Place): boolean | null {
  if (!expected && startsAt(bytes, at) === false) return false
  const endsWell = endsWellAt(bytes, at + size, last)
  if (endsWell !== false || !expected) return endsWell
  const to = at + size + SHORTEST_L + 1
  if (to > bytes.length) return last ? false : null
  const nearer = frameWithin(bytes, at + 1, to, last)
  return nearer === null ? null : !nearer
}

/**
 * `L | C …` back to back, with nothing before, behind or between: no byte marks a start and nothing vouches for a length but what stands
 * before and behind. What waits is two frames at most, and a bit (523 bytes).
 */
export const PLAIN: FrameRule = {
  start: null,
  header: 2,
  size: (bytes, at) => (bytes[at]! >= SHORTEST_L && C_FIELDS.includes(bytes[at + 1]! & ~RELAYED) ? bytes[at]! + 1 : 0),
  vouched: 'place',
  right,
}

/** Longer than the pauses that converters and USB make within a telegram. */
export const PLAIN_PATIENCE_MS = 250
