/** Wired M-Bus frames (EN 13757-2) in messages: as 8-bit data, or as hexadecimal text. The same decoder as for telegrams. */
import { decoderFor, type Registry } from '../../decoders/index.ts'
import { observe } from '../../decoders/interpret.ts'
import type { Observation } from '../../decoders/observation.ts'
import { type Address, idText, manufacturerText } from '../../wmbus/address.ts'
import { meterAddress } from '../../wmbus/datagram.ts'
import { address, frame, open } from '../../wmbus/decode.ts'
import { looksWired } from '../../wmbus/frame.ts'
import type { Key } from '../../wmbus/security.ts'
import type { Heard } from '../../wmbus/telegram.ts'
import { pduBytes } from '../pdu/pdu.ts'

/** The bytes of a frame, or null where the message is none. */
export function frameIn(text: string | null, content: Uint8Array): Uint8Array | null {
  const bytes = text === null ? content : pduBytes(text)
  return bytes !== null && looksWired(bytes) ? bytes : null
}

/** A frame of which only what stands between the second 68 and the checksum is known. */
export function framed(hex: string): Uint8Array {
  const raw = pduBytes(hex) ?? new Uint8Array()
  const checksum = raw.reduce((sum, byte) => (sum + byte) & 0xff, 0)
  return Uint8Array.from([0x68, raw.length & 0xff, raw.length & 0xff, 0x68, ...raw, checksum, 0x16])
}

/** The meter a name stands for, and its key. */
export interface KnownMeter {
  readonly meter: string
  readonly key: Key | null
}

export interface FrameParts {
  readonly registry: Registry
  /** Of a number without manufacturer (an old frame has none), or a name such as `KAM-07134347`. */
  find(name: string): KnownMeter | null
}

const nameOf = ({ manufacturer, id }: Address): string =>
  manufacturer === 0 ? idText(id) : `${manufacturerText(manufacturer)}-${idText(id)}`

/** What the frame says, or the fault by its name. Nobody vouches for a message: its integrity is none. */
export function readFrame(bytes: Uint8Array, heard: Heard, { registry, find }: FrameParts): Observation | { readonly reason: string } {
  const d = address(frame(bytes, 'wired'))
  if (d.fault !== null) return { reason: d.fault }
  const whose = meterAddress(d)
  if (whose === null) return { reason: 'frame.wired' }
  const known = find(nameOf(whose))
  if (known === null) return { reason: 'sms.unlisted' }
  open(d, known.key)
  if (d.fault !== null) return { reason: d.fault }
  const observation = observe(decoderFor(whose, registry), d, known.meter, whose, heard, d.encryption !== 'none')
  return observation ? { ...observation, path: 'sms', integrity: 'none' } : { reason: 'sms.no-value' }
}
