import { crc16 } from './crc.ts'
import type { Datagram } from './datagram.ts'
import type { Fault, Note } from './fault.ts'
import type { CrcLayout } from './telegram.ts'

/** L, C, M, A and one CI: less than this is no frame. */
const SHORTEST = 11
/** Format A with L = 255 and its 16 block CRCs is the longest thing on the air. */
const LONGEST = 290

/** The CRC-free frame, `bytes[0]` its corrected L-field; or why it is none. */
type Unframed =
  | { readonly bytes: Uint8Array; readonly fault: null; readonly notes: readonly Note[] }
  | { readonly bytes: null; readonly fault: Fault; readonly notes: readonly Note[] }

const NOTHING: readonly Note[] = []
const fault = (reason: Fault): Unframed => ({ bytes: null, fault: reason, notes: NOTHING })
const frame = (bytes: Uint8Array, notes: readonly Note[]): Unframed => ({ bytes, fault: null, notes })
const trailing = (delivered: number, used: number): readonly Note[] => (delivered > used ? ['dll.trailing'] : NOTHING)

/** Format A: ten bytes and their CRC, then blocks of 16 and their CRC; L counts no CRC (EN 13757-4). */
function formatA(raw: Uint8Array): Unframed {
  const length = raw[0]! + 1
  const blocks = 1 + Math.ceil((length - 10) / 16)
  if (length < SHORTEST || raw.length < length + 2 * blocks) return fault('frame.length')
  const bytes = new Uint8Array(length)
  let from = 0
  let to = 0
  while (to < length) {
    const size = Math.min(to === 0 ? 10 : 16, length - to)
    const crcAt = from + size
    if (crc16(raw, from, crcAt) !== ((raw[crcAt]! << 8) | raw[crcAt + 1]!)) return fault('dll.crc')
    bytes.set(raw.subarray(from, crcAt), to)
    to += size
    from = crcAt + 2
  }
  return frame(bytes, trailing(raw.length, from))
}

/** The first CRC of format B ends at this byte; what follows has a CRC of its own. */
const FIRST_OF_B = 128

/** Format B: one CRC at the end, or two when the frame is longer than 128 bytes; L counts them (EN 13757-4). */
function formatB(raw: Uint8Array): Unframed {
  const length = raw[0]! + 1
  const firstEnd = Math.min(length, FIRST_OF_B)
  const rest = length - firstEnd
  if (length < SHORTEST + 2 || raw.length < length || (rest > 0 && rest < 3)) return fault('frame.length')
  if (crc16(raw, 0, firstEnd - 2) !== ((raw[firstEnd - 2]! << 8) | raw[firstEnd - 1]!)) return fault('dll.crc')
  if (rest > 0 && crc16(raw, FIRST_OF_B, length - 2) !== ((raw[length - 2]! << 8) | raw[length - 1]!)) return fault('dll.crc')
  const bytes = new Uint8Array(length - (rest > 0 ? 4 : 2))
  bytes.set(raw.subarray(0, firstEnd - 2))
  if (rest > 0) bytes.set(raw.subarray(FIRST_OF_B, length - 2), FIRST_OF_B - 2)
  bytes[0] = bytes.length - 1
  return frame(bytes, trailing(raw.length, length))
}

/** Without CRCs. Some receivers leave the L-field of format B, which counted 2 or 4 CRC bytes, as it was. */
function stripped(raw: Uint8Array): Unframed {
  const length = raw[0]! + 1
  const missing = length - raw.length
  if (length < SHORTEST || (missing > 0 && missing !== 2 && missing !== 4)) return fault('frame.length')
  const bytes = raw.slice(0, length)
  bytes[0] = bytes.length - 1
  return frame(bytes, missing > 0 ? ['dll.length'] : trailing(raw.length, length))
}

/** Loose hex only. The order matters: a right CRC proves a format, a fitting length proves nothing and is noted. */
function guess(raw: Uint8Array): Unframed {
  const a = formatA(raw)
  if (a.bytes) return a
  const b = formatB(raw)
  if (b.bytes) return b
  const plain = stripped(raw)
  return plain.bytes ? frame(plain.bytes, [...plain.notes, 'dll.unprotected']) : plain
}

function aOrB(raw: Uint8Array): Unframed {
  const a = formatA(raw)
  if (a.bytes) return a
  const b = formatB(raw)
  return b.bytes || a.fault === 'frame.length' ? b : a
}

const LAYOUTS: Record<Exclude<CrcLayout, 'wired'>, (raw: Uint8Array) => Unframed> = {
  A: formatA,
  B: formatB,
  AorB: aOrB,
  stripped,
  unknown: guess,
}

/** A wired long frame, `68 L L 68 C A CI … CS 16` (EN 13757-2): checksum over C…last data byte. */
function unwire(d: Datagram, raw: Uint8Array): Fault | undefined {
  const length = raw[1] ?? 0
  if (length < 3 || raw[0] !== 0x68 || raw[3] !== 0x68 || raw[2] !== length) return 'frame.wired'
  if (raw[length + 5] !== 0x16) return 'frame.length'
  let sum = 0
  for (let i = 4; i < length + 4; i++) sum += raw[i]!
  if ((sum & 0xff) !== raw[length + 4]) return 'frame.checksum'
  d.wired = true
  d.bytes = raw.slice(4, length + 4)
  return undefined
}

export const looksWired = (raw: Uint8Array): boolean => raw[0] === 0x68 && raw[3] === 0x68 && raw[1] === raw[2]

/** Step 1: checks and removes the CRCs as the receiver states the layout; leaves `d.bytes` this datagram's own copy. */
export function unframe(d: Datagram, raw: Uint8Array, layout: CrcLayout): Fault | undefined {
  if (raw.length === 0) return 'frame.empty'
  if (raw.length > LONGEST) return 'frame.too-long'
  if (layout === 'wired' || (layout === 'unknown' && looksWired(raw))) {
    const wrong = unwire(d, raw)
    d.end = d.bytes.length
    return wrong
  }
  if (raw.length < SHORTEST) return 'frame.too-short'
  const result = LAYOUTS[layout](raw)
  d.notes.push(...result.notes)
  if (result.bytes === null) return result.fault
  d.bytes = result.bytes
  d.end = result.bytes.length
  return undefined
}
