/** Messages that come already read, as the PDUs they came in: so that all that stands behind needs to know one form only. */
import { createHash } from 'node:crypto'
import { joined } from '../../wmbus/bytes.ts'
import { hexOf } from '../../wmbus/value.ts'
import { gsm7Septets, packSeptets } from './gsm7.ts'

export interface ReadMessage {
  readonly from: string
  /** Milliseconds since 1970 UTC, and the zone the time was told in; null where it was not told. */
  readonly at: { readonly utcMs: number; readonly offsetMinutes: number } | null
  readonly text?: string
  readonly data?: Uint8Array
}

/** Octets of a part behind its header of seven: an even number, so that no character of UCS-2 is cut. */
const ROOM = 132
const MOST = 140
const MOST_PARTS = 255

const swapped = (digits: string): number[] =>
  [...(digits.length % 2 ? `${digits}F` : digits).matchAll(/(.)(.)/g)].map(([, low, high]) => Number.parseInt(`${high}${low}`, 16))

/** A number as an address; null where it is none. */
export function numberOctets(number: string): Uint8Array | null {
  if (!/^\+?\d{1,20}$/.test(number)) return null
  const digits = number.replace('+', '')
  return Uint8Array.of(digits.length, number.startsWith('+') ? 0x91 : 0x81, ...swapped(digits))
}

/** A name in letters, or a number; what neither can hold is left out. */
function address(from: string): Uint8Array {
  const number = numberOctets(from)
  if (number !== null) return number
  const letters = [...from].map((letter) => gsm7Septets(letter)).filter((septets) => septets !== null)
  const septets = joined(letters).subarray(0, 11)
  return Uint8Array.of(Math.ceil((septets.length * 7) / 4), 0xd0, ...packSeptets(septets))
}

function stamp(at: ReadMessage['at']): number[] {
  if (at === null) return [0, 0, 0, 0, 0, 0, 0]
  const local = new Date(at.utcMs + at.offsetMinutes * 60_000).toISOString().replace(/\D/g, '').slice(2, 14)
  const quarters = Math.abs(Math.round(at.offsetMinutes / 15))
  const zone = ((quarters % 10) << 4) | Math.floor(quarters / 10) | (at.offsetMinutes < 0 ? 0x08 : 0)
  return [...swapped(local), zone]
}

/** SMS-DELIVER, in one part or several; null where it is longer than a message can be. */
export function deliverPdus(message: ReadMessage): readonly string[] | null {
  const { from, at, text, data } = message
  const content = text === undefined ? (data ?? new Uint8Array()) : Uint8Array.from(Buffer.from(text, 'utf16le').swap16())
  const total = content.length <= MOST ? 1 : Math.ceil(content.length / ROOM)
  if (total > MOST_PARTS) return null
  const reference = createHash('sha256').update(content).digest()[0]!
  return Array.from({ length: total }, (_, i) => {
    const header = total === 1 ? [] : [5, 0, 3, reference, total, i + 1]
    const body = total === 1 ? content : content.subarray(i * ROOM, (i + 1) * ROOM)
    const before = Uint8Array.of(0, total === 1 ? 0x04 : 0x44, ...address(from), 0, text === undefined ? 0x04 : 0x08, ...stamp(at))
    return hexOf(joined([before, Uint8Array.of(header.length + body.length, ...header), body]))
  })
}
