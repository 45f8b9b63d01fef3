import { joined } from './bytes.ts'
import { skip, u8, u16, u32 } from './cursor.ts'
import type { Afl, Datagram } from './datagram.ts'
import type { Fault } from './fault.ts'

const AFL = 0x90

/** Bits of the fragmentation control field FCL (EN 13757-7). */
const MORE_FRAGMENTS = 0x4000
const MESSAGE_CONTROL = 0x2000
const MESSAGE_LENGTH = 0x1000
const MESSAGE_COUNTER = 0x0800
const MAC = 0x0400
const KEY_INFORMATION = 0x0200
const FRAGMENT = 0x00ff

/** Authentication type, the low four bits of the message control field MCL → bytes of MAC. 8 and 9 are GMACs. */
const MAC_LENGTHS: Readonly<Record<number, number>> = { 0: 0, 3: 2, 4: 4, 5: 8, 6: 12, 7: 16, 8: 12, 9: 16 }

/** The number of this fragment of its message, from 1; 0 where the message is whole. */
export const fragmentNumber = (fragmentControl: number): number => fragmentControl & FRAGMENT
export const moreFragments = (fragmentControl: number): boolean => (fragmentControl & MORE_FRAGMENTS) !== 0

/** Step 3b: authentication and fragmentation; leaves the cursor behind the layer, in front of the next CI or fragment. */
export function readAfl(d: Datagram): Fault | undefined {
  const at = d.pos++
  const end = u8(d) + d.pos
  const fragmentControl = u16(d)
  const has = (bit: number): boolean => (fragmentControl & bit) !== 0
  const messageControl = has(MESSAGE_CONTROL) ? u8(d) : null
  const keyInformation = has(KEY_INFORMATION) ? u16(d) : null
  const messageCounter = has(MESSAGE_COUNTER) ? u32(d) : null
  const macAt = d.pos
  const macLength = has(MAC) ? macLengthOf(messageControl, end - macAt - (has(MESSAGE_LENGTH) ? 2 : 0)) : 0
  skip(d, macLength)
  const messageLength = has(MESSAGE_LENGTH) ? u16(d) : null
  if (d.short) return 'afl.truncated'
  if (d.pos !== end) return 'afl.length'
  d.afl = { at, fragmentControl, messageControl, keyInformation, messageCounter, macAt, macLength, messageLength }
  d.messageCounter = messageCounter
  return moreFragments(fragmentControl) || fragmentNumber(fragmentControl) > 1 ? 'afl.fragment' : undefined
}

/** By the authentication type; a fragment or a type nobody knows leaves it to the layer's own length. */
function macLengthOf(messageControl: number | null, rest: number): number {
  const byType = messageControl === null ? undefined : MAC_LENGTHS[messageControl & 0x0f]
  return byType ?? Math.max(rest, 0)
}

/** CI, length and FCL. */
const HEADER = 4
const FIELD_ORDER = [
  [MESSAGE_CONTROL, 1],
  [KEY_INFORMATION, 2],
  [MESSAGE_COUNTER, 4],
  [MAC, null],
  [MESSAGE_LENGTH, 2],
] as const

/** The bytes of each field of a layer, in their order; none where it is not sent. */
function fieldsOf({ at, fragmentControl, macLength }: Afl, bytes: Uint8Array): Uint8Array[] {
  let to = at + HEADER
  return FIELD_ORDER.map(([bit, size]) => {
    const from = to
    if (fragmentControl & bit) to += size ?? macLength
    return bytes.subarray(from, to)
  })
}

/**
 * All fragments of a message, in order and each as `readAfl` left it, → the layer as it would stand before the whole message
 * (a field may come with any fragment), and the message.
 */
export function joinFragments(fragments: readonly Datagram[]): Uint8Array {
  const sent = fragments.flatMap((d) => (d.afl === null ? [] : [fieldsOf(d.afl, d.bytes)]))
  const fields = FIELD_ORDER.map((_, i) => sent.find((each) => each[i]!.length > 0)?.[i] ?? new Uint8Array(0))
  const control = FIELD_ORDER.reduce((bits, [bit], i) => (fields[i]!.length > 0 ? bits | bit : bits), 0)
  const length = fields.reduce((sum, field) => sum + field.length, 2)
  const header = Uint8Array.of(AFL, length, control & 0xff, control >> 8)
  return joined([header, ...fields, ...fragments.map((d) => d.bytes.subarray(d.pos, d.end))])
}
