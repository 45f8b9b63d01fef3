import { crcX25 } from './crc-x25.ts'
import type { Losses } from './dialect.ts'

/** One message of IMST's host controller interface. */
export interface HciFrame {
  readonly endpoint: number
  readonly message: number
  readonly payload: Uint8Array
  /** The RSSI byte as sent, where one is attached. */
  readonly rssi: number | null
}

const SYNC = 0xa5
/** Sync, control and endpoint, message, length. */
const HEADER = 4
const FCS = 2
const HAS_FCS = 0x80
const HAS_RSSI = 0x40
const HAS_TIMESTAMP = 0x20
const ENDPOINTS = 4

/**
 * Finds the frames in a stream: `A5 | control, endpoint | message | length | payload | [timestamp 4] | [RSSI 1] | FCS 2`.
 * The sync byte occurs in payloads too and nothing else marks a start. So only a right FCS makes a frame: where it is missing
 * or wrong, one byte is skipped and the search goes on, never by a length that nothing vouches for. The timestamp is ignored.
 * What waits for its end is at most one frame long (266 bytes).
 */
export function hciFrames(losses: Losses): { feed(bytes: Uint8Array): HciFrame[]; flush(): HciFrame[] } {
  let pending = new Uint8Array(0)

  const search = (buffer: Uint8Array, moreMayCome: boolean): HciFrame[] => {
    const frames: HciFrame[] = []
    let at = 0
    while (at < buffer.length) {
      const size = claimedSize(buffer, at)
      if (size > 0 && at + size > buffer.length && moreMayCome) break
      if (size > 0 && at + size <= buffer.length) {
        if (fcsRight(buffer, at, size)) {
          frames.push(frameAt(buffer, at))
          at += size
          continue
        }
        losses.badChecksums++
      }
      losses.skipped++
      at++
    }
    pending = buffer.slice(at)
    return frames
  }

  return {
    feed: (bytes) => search(pending.length === 0 ? bytes : joined(pending, bytes), true),
    flush: () => search(pending, false),
  }
}

const joined = (a: Uint8Array, b: Uint8Array): Uint8Array => {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}

/** Bytes the frame at `at` would have as far as its header is there, 0 where no frame can start. */
function claimedSize(buffer: Uint8Array, at: number): number {
  if (buffer[at] !== SYNC) return 0
  const control = buffer[at + 1]
  if (control === undefined) return HEADER
  const endpoint = control & 0x0f
  if (!(control & HAS_FCS) || endpoint < 1 || endpoint > ENDPOINTS) return 0
  const length = buffer[at + 3]
  if (length === undefined) return HEADER
  return HEADER + length + (control & HAS_TIMESTAMP ? 4 : 0) + (control & HAS_RSSI ? 1 : 0) + FCS
}

/** The FCS covers everything after the sync byte. */
function fcsRight(buffer: Uint8Array, at: number, size: number): boolean {
  const fcsAt = at + size - FCS
  return crcX25(buffer, at + 1, fcsAt) === (buffer[fcsAt]! | (buffer[fcsAt + 1]! << 8))
}

function frameAt(buffer: Uint8Array, at: number): HciFrame {
  const control = buffer[at + 1]!
  const end = at + HEADER + buffer[at + 3]!
  const rssiAt = end + (control & HAS_TIMESTAMP ? 4 : 0)
  return {
    endpoint: control & 0x0f,
    message: buffer[at + 2]!,
    payload: buffer.slice(at + HEADER, end),
    rssi: control & HAS_RSSI ? buffer[rssiAt]! : null,
  }
}
