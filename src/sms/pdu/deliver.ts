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
  /** The user data header it came with, without its length: then it is one PDU, and says which part of a message it is. */
  readonly header?: Uint8Array
}

/** What a message says, in septets or octets. */
interface Content {
  /** Data coding scheme (23.038 §4); 0 is the GSM alphabet. */
  readonly scheme: number
  readonly units: Uint8Array
  /** Units that fit without a header, and behind one of a part: of UCS-2 an even number of octets, so that no character is cut. */
  readonly most: number
  readonly room: number
}
const OCTETS = { most: 140, room: 132 }
const SEPTETS = { most: 160, room: 153 }
const MOST_PARTS = 255

/** Text of the GSM alphabet where it can be: as networks send it. */
function contentOf({ text, data = NONE }: ReadMessage): Content {
  if (text === undefined) return { scheme: 0x04, units: data, ...OCTETS }
  const septets = gsm7Septets(text)
  if (septets !== null) return { scheme: 0x00, units: septets, ...SEPTETS }
  return { scheme: 0x08, units: Uint8Array.from(Buffer.from(text, 'utf16le').swap16()), ...OCTETS }
}

/** User data length and user data (23.040 §9.2.3.16, §9.2.3.24); null where it does not fit. */
function userData({ scheme, units, most }: Content, header: readonly number[]): Uint8Array | null {
  const before = header.length === 0 ? [] : [header.length, ...header]
  const unitsBefore = scheme === 0 ? Math.ceil((8 * before.length) / 7) : before.length
  if (unitsBefore + units.length > most) return null
  const body = scheme === 0 ? packSeptets(units, 7 * unitsBefore) : joined([new Uint8Array(before.length), units])
  body.set(before)
  return Uint8Array.of(unitsBefore + units.length, ...body)
}

const NONE = new Uint8Array()

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
  const content = contentOf(message)
  const pieces = message.header ? [{ header: [...message.header], units: content.units }] : piecesOf(content)
  if (pieces.length > MOST_PARTS) return null
  const pdus = pieces.map(({ header, units }) => {
    const data = userData({ ...content, units }, header)
    const first = header.length === 0 ? 0x04 : 0x44
    const before = Uint8Array.of(0, first, ...address(message.from), 0, content.scheme, ...stamp(message.at))
    return data && hexOf(joined([before, data]))
  })
  return pdus.every((pdu) => pdu !== null) ? pdus : null
}

/** A message, or its parts, which one number holds together. */
function piecesOf({ units, most, room }: Content): readonly { readonly header: readonly number[]; readonly units: Uint8Array }[] {
  if (units.length <= most) return [{ header: [], units }]
  const total = Math.ceil(units.length / room)
  const reference = createHash('sha256').update(units).digest()[0]!
  return Array.from({ length: total }, (_, i) => ({
    header: [0, 3, reference, total, i + 1],
    units: units.subarray(i * room, (i + 1) * room),
  }))
}
