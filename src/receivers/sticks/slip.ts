import { crcX25 } from './crc-x25.ts'
import type { FrameRule } from './resync.ts'

const END = 0xc0
const ESCAPE = 0xdb
/** What an escape and the byte after it stand for. */
const ESCAPED: Readonly<Record<number, number>> = { 220: END, 221: ESCAPE }
const CRC = 2
/** Longer than any frame, every byte of it escaped. */
const LONGEST = 600

/**
 * The wire of IMST's newer modules: SLIP (RFC 1055), inside it `access point | message | payload | CRC-16/X-25`. A frame is taken from its first
 * byte to the END behind it; the END before it, of which two frames may share one, is a frame of its own and empty.
 */
export const slip = (accessPoints: readonly number[]): FrameRule => ({
  start: null,
  header: 1,
  size(bytes, at) {
    if (bytes[at] === END) return 1
    if (!accessPoints.includes(bytes[at]!)) return 0
    const end = bytes.indexOf(END, at)
    if (end >= 0) return end - at < LONGEST ? end - at + 1 : 0
    return bytes.length - at < LONGEST ? bytes.length - at + 1 : 0
  },
  vouched: 'checksum',
  right(bytes, at, size) {
    if (size === 1) return true
    const content = unescaped(bytes.subarray(at, at + size - 1))
    if (content === null || content.length < 2 + CRC) return false
    const crcAt = content.length - CRC
    return crcX25(content, 0, crcAt) === (content[crcAt]! | (content[crcAt + 1]! << 8))
  },
})

/** Access point, message and payload of a frame that was found; null where it is empty. */
export const slipContent = (frame: Uint8Array): Uint8Array | null =>
  frame.length === 1 ? null : (unescaped(frame.subarray(0, -1))?.subarray(0, -CRC) ?? null)

/** The frame around a content. */
export function slipped(content: readonly number[]): Uint8Array {
  const crc = crcX25(Uint8Array.from(content), 0, content.length)
  const escaped = [...content, crc & 0xff, crc >> 8].flatMap((byte) =>
    byte === END ? [ESCAPE, 0xdc] : byte === ESCAPE ? [ESCAPE, 0xdd] : byte,
  )
  return Uint8Array.of(END, ...escaped, END)
}

/** Null where an escape stands for nothing. */
function unescaped(bytes: Uint8Array): Uint8Array | null {
  const out: number[] = []
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] === ESCAPE ? ESCAPED[bytes[++i] ?? 0] : bytes[i]
    if (byte === undefined) return null
    out.push(byte)
  }
  return Uint8Array.from(out)
}
