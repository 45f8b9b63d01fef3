/**
 * Formats of compact frames learned from the air, for meters of the same manufacturer, version and device type. A signature
 * is a linear CRC, so false headers that keep it are found in seconds: only what the meter's policy accepted is learned, the
 * first stays, and the shipped formats are never replaced. What plain frames taught, anyone could have: it opens plain frames only.
 */
import type { Memory } from '../store/store.ts'
import { manufacturerCode, manufacturerText } from '../wmbus/address.ts'
import { ciOf } from '../wmbus/ci.ts'
import { type FormatOf, headersOf } from '../wmbus/compact.ts'
import { crc16 } from '../wmbus/crc.ts'
import { type Datagram, meterAddress } from '../wmbus/datagram.ts'
import { shippedFormat } from '../wmbus/formats.ts'
import { hexOf } from '../wmbus/value.ts'

/** `conflict`: other headers are known under the same signature; they stay. `full`: too many formats for this type already. */
export type Learning = 'learned' | 'known' | 'conflict' | 'full'

export interface Formats {
  /** The shipped formats, then the learned ones of the meter's type. */
  readonly formatOf: FormatOf
  /** Takes the format of a full or format frame that counts for its meter; null where the frame tells none. */
  learn(d: Datagram): { readonly signature: number; readonly learning: Learning } | null
  /** Writes what was learned since the last time. */
  save(): void
}

const KIND = 'format'
const MOST_TYPES = 256
const MOST_OF_TYPE = 32

/** An entry of the store: `KAM-34-04-47EB`, or `KAM-34-04-47EB-plain` → the headers in hex. */
const ENTRY = /^(...)-([0-9A-F]{2})-([0-9A-F]{2})-([0-9A-F]{4})(-plain)?$/
const hexDigits = (n: number, digits: number): string => n.toString(16).toUpperCase().padStart(digits, '0')
/** Meters that share formats: manufacturer, version and device type, and whether their frames are encrypted, as one number. */
const groupOf = (manufacturer: number, version: number, deviceType: number, isPlain: boolean): number =>
  ((manufacturer & 0x7fff) * 0x1_0000 + version * 0x100 + deviceType) * 2 + Number(isPlain)

function entryOf(group: number, signature: number): string {
  const type = Math.floor(group / 2)
  const parts = [hexDigits((type >> 8) & 0xff, 2), hexDigits(type & 0xff, 2), hexDigits(signature, 4)]
  return [manufacturerText(type >> 16), ...parts, ...(group % 2 ? ['plain'] : [])].join('-')
}

function typeOf(d: Datagram): number | null {
  const address = meterAddress(d)
  return address && groupOf(address.manufacturer, address.version, address.deviceType, d.encryption === 'none')
}

/** The headers the frame tells whole, and, where it is encrypted, under the key. */
function headersIn(d: Datagram): Uint8Array | null {
  if (d.fault !== null || d.wired || d.manufacturerFrom >= 0 || (d.encryption !== 'none' && d.plainFrom < d.end)) return null
  const { content } = ciOf(d.tpl!.ci)
  if (content === 'format') return d.format!.headers
  return content === 'records' && d.records.length > 0 ? headersOf(d) : null
}

const signatureOf = (headers: Uint8Array): number => crc16(headers, 0, headers.length)

type Learned = Map<number, Map<number, Uint8Array>>

/** A damaged entry is left out: the next full frame replaces it. */
function load(memory: Memory): Learned {
  const learned: Learned = new Map()
  for (const [entry, hex] of memory.load(KIND)) {
    const parts = ENTRY.exec(entry)
    const headers = Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
    if (parts === null || signatureOf(headers) !== Number.parseInt(parts[4]!, 16)) continue
    const [, manufacturer, version, deviceType, , plain] = parts
    const type = groupOf(
      manufacturerCode(manufacturer!),
      Number.parseInt(version!, 16),
      Number.parseInt(deviceType!, 16),
      plain !== undefined,
    )
    learned.set(type, (learned.get(type) ?? new Map()).set(signatureOf(headers), headers))
  }
  return learned
}

/** The formats as they were saved last; without a memory they live as long as the process. */
export function learnedFormats(memory: Memory | null): Formats {
  const learned: Learned = memory === null ? new Map() : load(memory)
  const unsaved = new Map<string, string>()

  const formatOf: FormatOf = (d, signature) => shippedFormat(d, signature) ?? learned.get(typeOf(d) ?? -1)?.get(signature)

  function put(type: number, signature: number, headers: Uint8Array): Learning {
    const ofType = learned.get(type)
    if (ofType === undefined ? learned.size >= MOST_TYPES : ofType.size >= MOST_OF_TYPE) return 'full'
    learned.set(type, (ofType ?? new Map()).set(signature, headers))
    unsaved.set(entryOf(type, signature), hexOf(headers))
    return 'learned'
  }
  return {
    formatOf,
    learn(d) {
      const type = typeOf(d)
      const headers = type === null ? null : headersIn(d)
      if (type === null || headers === null) return null
      const signature = signatureOf(headers)
      const known = formatOf(d, signature)
      if (known === undefined) return { signature, learning: put(type, signature, headers) }
      return { signature, learning: Buffer.compare(known, headers) === 0 ? 'known' : 'conflict' }
    },
    save() {
      if (memory === null || unsaved.size === 0) return
      try {
        memory.save(KIND, unsaved)
      } catch {
        // The disk refuses, which the store tells; a telegram is not to be lost over it. Tried again at the next lesson.
        return
      }
      unsaved.clear()
    },
  }
}
