import { crcX25 } from './crc-x25.ts'
import type { FrameRule } from './resync.ts'

/** One message of IMST's host controller interface. */
export interface HciFrame {
  readonly endpoint: number
  readonly message: number
  readonly payload: Uint8Array
  /** The RSSI byte as sent, where one is attached. */
  readonly rssi: number | null
}

/** Sync, control and endpoint, message, length. */
const HEADER = 4
const FCS = 2
const HAS_FCS = 0x80
const HAS_RSSI = 0x40
const HAS_TIMESTAMP = 0x20
const TIMESTAMP = 4
const ENDPOINTS = 4

/** `A5 | control, endpoint | message | length | payload | [timestamp 4] | [RSSI 1] | FCS 2`; at most 266 bytes. The FCS covers all but the sync byte. */
export const HCI: FrameRule = {
  start: 0xa5,
  header: HEADER,
  size(bytes, at) {
    const control = bytes[at + 1]!
    const endpoint = control & 0x0f
    if (!(control & HAS_FCS) || endpoint < 1 || endpoint > ENDPOINTS) return 0
    return HEADER + bytes[at + 3]! + (control & HAS_TIMESTAMP ? TIMESTAMP : 0) + (control & HAS_RSSI ? 1 : 0) + FCS
  },
  vouched: 'checksum',
  right(bytes, at, size) {
    const fcsAt = at + size - FCS
    return crcX25(bytes, at + 1, fcsAt) === (bytes[fcsAt]! | (bytes[fcsAt + 1]! << 8))
  },
}

/** What a frame that was found says. Its timestamp is ignored: arrival is told by our own clock. */
export function hciFrame(bytes: Uint8Array): HciFrame {
  const control = bytes[1]!
  const end = HEADER + bytes[3]!
  const rssiAt = end + (control & HAS_TIMESTAMP ? TIMESTAMP : 0)
  return {
    endpoint: control & 0x0f,
    message: bytes[2]!,
    payload: bytes.subarray(HEADER, end),
    rssi: control & HAS_RSSI ? bytes[rssiAt]! : null,
  }
}
