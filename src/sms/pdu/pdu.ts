/** SMS-DELIVER as a modem hands it over: service centre address, then the TPDU (3GPP TS 23.040 §9.2.2.1, 27.005 §3.1). */
import { u8 } from '../../wmbus/cursor.ts'
import { readAddress, readServiceCentre } from './address.ts'
import { take } from './cursor.ts'
import type { PduFault } from './fault.ts'
import { readTimestamp } from './timestamp.ts'
import { type Alphabet, alphabetOf, type Part, readUserData } from './user-data.ts'

export interface Pdu {
  /** `+4512345678` where the number says that it is international, else the digits or letters as they are sent. */
  readonly from: string
  /** Service centre time stamp, RFC 3339 with its zone; null where it is no moment that ever was. */
  readonly at: string | null
  readonly alphabet: Alphabet
  /** What the message says: septets, one a byte, of the GSM alphabet, else octets. The user data header is not in it. */
  readonly content: Uint8Array
  /** Which part of a longer message this is; null for a message of one part. */
  readonly part: Part | null
  /** The octets of the time stamp and of the header: with sender and content they tell two messages apart. */
  readonly stamp: Uint8Array
  readonly header: Uint8Array
}

const DELIVER = 0
const KIND = 0x03
const HAS_HEADER = 0x40
const COMPRESSED = 0x20

/** Decodes one PDU. Never throws. */
export function decodePdu(hex: string): Pdu | { readonly fault: PduFault } {
  const bytes = pduBytes(hex)
  if (bytes === null) return { fault: 'pdu.hex' }
  const c = { bytes, pos: 0, end: bytes.length, short: false }
  readServiceCentre(c)
  const first = u8(c)
  if (c.short) return { fault: 'pdu.truncated' }
  if ((first & KIND) !== DELIVER) return { fault: 'pdu.kind' }
  const from = readAddress(c)
  if (from === null) return { fault: 'pdu.address' }
  u8(c) // The protocol identifier: what it asks of a handset means nothing to a meter.
  const scheme = u8(c)
  const stamp = take(c, 7)
  const length = u8(c)
  if (c.short) return { fault: 'pdu.truncated' }
  if (scheme < 0x80 && (scheme & COMPRESSED) !== 0) return { fault: 'pdu.compressed' }
  const alphabet = alphabetOf(scheme)
  const data = readUserData(c, length, alphabet, (first & HAS_HEADER) !== 0)
  return 'fault' in data ? data : { from, at: readTimestamp(stamp), alphabet, stamp, ...data }
}

export const isPdu = (decoded: ReturnType<typeof decodePdu>): decoded is Pdu => !('fault' in decoded)

/** Bytes of hexadecimal text, spaces allowed; null where it is none. */
export function pduBytes(hex: string): Uint8Array | null {
  const digits = hex.replace(/\s+/g, '')
  return /^(?:[0-9A-Fa-f]{2})+$/.test(digits) ? Uint8Array.from(Buffer.from(digits, 'hex')) : null
}

/** How many octets of the TPDU a modem announces in front of a PDU: all but the service centre address. */
export const tpduLength = (bytes: Uint8Array): number => bytes.length - 1 - (bytes[0] ?? 0)
