/**
 * The layers in order: this file is the standard's table of contents. Every step is `(d, …) => Fault | undefined`; the
 * first fault ends the walk, and what was read before it stays in the datagram for eyes.
 */
import { readAfl } from './afl.ts'
import { readApl } from './apl.ts'
import { joined } from './bytes.ts'
import { ciOf } from './ci.ts'
import type { FormatOf } from './compact.ts'
import { type Datagram, emptyDatagram } from './datagram.ts'
import { readDll } from './dll.ts'
import { openEll, readEll } from './ell.ts'
import type { Fault } from './fault.ts'
import { shippedFormat } from './formats.ts'
import { unframe } from './frame.ts'
import type { Key } from './security.ts'
import type { CrcLayout } from './telegram.ts'
import { openTpl, readTpl } from './tpl.ts'

/** A cycle of link layers is no telegram. */
const MOST_LAYERS = 4

/** Layers that carry another CI behind them. */
const LAYERS: Readonly<Record<string, (d: Datagram) => Fault | undefined>> = {
  ell: readEll,
  nwl: () => 'nwl.unsupported',
  afl: readAfl,
}

/** Extended link, network, authentication: from CI to CI until an application, or until a layer is sealed. */
function readHeaders(d: Datagram): Fault | undefined {
  for (let i = 0; i < MOST_LAYERS; i++) {
    if (d.sealed) return undefined
    if (d.pos >= d.end) return 'tpl.truncated'
    const { layer } = ciOf(d.bytes[d.pos]!)
    const read = LAYERS[layer]
    if (!read) return readTpl(d)
    const fault = read(d)
    if (fault) return fault
  }
  return 'apl.ci-unsupported'
}

const settle = (d: Datagram, fault: Fault | undefined): Datagram => {
  d.fault = fault ?? null
  return d
}

/** Frame and link layer: enough to know whether these bytes were heard before. Never throws. */
export function frame(bytes: Uint8Array, crc: CrcLayout): Datagram {
  const d = emptyDatagram()
  return settle(d, unframe(d, bytes, crc) ?? readDll(d))
}

/** Every header that stands in the clear: enough to know whose telegram it is, before any key. */
export const address = (d: Datagram): Datagram => (d.fault === null ? settle(d, readHeaders(d)) : d)

/**
 * A message that came in fragments: behind the link layers of `d`, the last of them, stands `message`, as `joinFragments`
 * made it. What comes back is where `address` leaves a whole frame.
 */
export function reassembled(d: Datagram, message: Uint8Array): Datagram {
  const pos = d.afl?.at ?? d.pos
  const bytes = joined([d.bytes.subarray(0, pos), message])
  const plainFrom = d.encryption === 'none' ? 0 : bytes.length
  const whole = { ...d, bytes, pos, end: bytes.length, plainFrom, notes: [...d.notes], records: [] }
  return settle(whole, readHeaders(whole))
}

/** What the key opens, and the records. `formatOf` knows the headers that compact frames leave out. */
export const open = (d: Datagram, key: Key | null, formatOf: FormatOf = shippedFormat): Datagram =>
  d.fault === null ? settle(d, openLayers(d, key, formatOf)) : d

const openLayers = (d: Datagram, key: Key | null, formatOf: FormatOf): Fault | undefined =>
  (d.sealed ? (openEll(d, key) ?? readHeaders(d)) : undefined) ?? openTpl(d, key) ?? readApl(d, formatOf)

/** All of it, for a reader with bytes and a key. Unlike `open`, it reads telegrams that were changed since they were sent. */
export function decode(bytes: Uint8Array, crc: CrcLayout, key: Key | null, formatOf: FormatOf = shippedFormat): Datagram {
  const d = open(address(frame(bytes, crc)), key, formatOf)
  if (d.fault === 'ell.key-missing') return changedLog(bytes, crc, formatOf) ?? d
  return d.fault === 'apl.compact-crc' && d.records.length > 0 && typeof d.ell?.sessionNumber === 'number' ? changedFrame(d) : d
}

/** A compact frame whose payload CRC vouches for its bytes, and whose format fits: somebody changed a value before it was sent. */
function changedFrame(d: Datagram): Datagram {
  d.notes.push('apl.compact-crc-mismatch')
  d.fault = null
  return d
}

/**
 * Who publishes a decrypted telegram often changes a number in it, and the payload CRC fits no longer. Taken for plain only
 * where all that follows the CRC is plain records, to the last byte: cipher text hardly ever is.
 */
function changedLog(bytes: Uint8Array, crc: CrcLayout, formatOf: FormatOf): Datagram | null {
  const d = address(frame(bytes, crc))
  d.notes.push('ell.crc-mismatch')
  d.sealed = false
  d.pos += 2
  open(settle(d, readHeaders(d)), null, formatOf)
  const isPlain = d.fault === null && d.records.length > 0 && d.manufacturerFrom < 0
  return isPlain && d.records.every((r) => r.quantity !== 'reserved') ? d : null
}
