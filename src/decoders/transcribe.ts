/**
 * Proprietary payloads. Each is transcribed into records of the standard, which then mean what such records mean: names,
 * units and dates come from the same tables as any other meter's.
 */
import { type Address, manufacturerCode } from '../wmbus/address.ts'
import { crc16 } from '../wmbus/crc.ts'
import { type Datagram, emptyDatagram } from '../wmbus/datagram.ts'
import { openedPrios } from '../wmbus/lfsr.ts'
import { expandProfiles } from '../wmbus/profile.ts'
import type { DataRecord } from '../wmbus/record.ts'
import { readRecords } from '../wmbus/records.ts'
import { vibKeysOf } from '../wmbus/vib.ts'
import { apator162, apatorEitn } from './proprietary/apator.ts'
import { bmetersHydroclima, bmetersHydrodigit } from './proprietary/bmeters.ts'
import { diehlPrios } from './proprietary/diehl.ts'
import { qundisWalkBy } from './proprietary/qundis.ts'
import { techemCompactV, techemHca, techemVario451, techemWater } from './proprietary/techem.ts'
import { zennerWater } from './proprietary/zenner.ts'

interface Layout {
  readonly manufacturers: readonly string[]
  /** A CI-field of the manufacturer's own, what stands behind DIF 0F, or the record with this value information block. */
  readonly in: 'ci' | 'tail' | `vib ${string}`
  readonly versions?: readonly number[]
  readonly types?: readonly number[]
  /** It ends in a CRC over itself and the DIF in front of it. */
  readonly crc?: true
  /** What the payload may be in plain bytes, where it is scrambled. */
  readonly open?: (d: Datagram) => readonly Uint8Array[]
  /** The records that it is, written out; null where it is of another layout. */
  readonly read: (payload: Uint8Array) => Uint8Array | null
}

const HCA = 0x80
const TECHEM = { manufacturers: ['TCH'], in: 'ci' } as const

/** The first that fits is taken. */
const LAYOUTS: readonly Layout[] = [
  { ...TECHEM, types: [0x43], read: techemCompactV },
  { ...TECHEM, types: [0xc3], versions: [0x27], read: techemVario451 },
  { ...TECHEM, types: [0x62, 0x72], read: techemWater },
  { ...TECHEM, types: [HCA], versions: [0x69], read: techemHca(9) },
  { ...TECHEM, types: [HCA], versions: [0x94], read: techemHca(10) },
  { ...TECHEM, types: [HCA], read: techemHca(null) },
  { manufacturers: ['QDS', 'LSE'], in: 'vib FF5F', read: qundisWalkBy },
  { manufacturers: ['DME', 'EWT', 'HYD', 'SAP', 'SPL'], in: 'ci', open: openedPrios, read: diehlPrios },
  { manufacturers: ['APA'], in: 'tail', versions: [0x05], types: [0x07], crc: true, read: apator162 },
  { manufacturers: ['APT'], in: 'ci', versions: [0x04], types: [0x08], read: apatorEitn },
  { manufacturers: ['BMT'], in: 'tail', versions: [0x13], types: [0x06, 0x07], read: bmetersHydrodigit },
  { manufacturers: ['BMP'], in: 'tail', types: [0x08], read: bmetersHydroclima },
  { manufacturers: ['ZRI'], in: 'tail', versions: [0x0b], types: [0x06, 0x07, 0x16], read: zennerWater },
]

interface Entry extends Layout {
  readonly vibKey: number | null
}

const BY_MANUFACTURER = new Map<number, readonly Entry[]>()
for (const layout of LAYOUTS)
  for (const letters of layout.manufacturers) {
    const code = manufacturerCode(letters)
    const vibKey = layout.in.startsWith('vib ') ? vibKeysOf({ vib: layout.in.slice(4) })[0]! : null
    BY_MANUFACTURER.set(code, [...(BY_MANUFACTURER.get(code) ?? []), { ...layout, vibKey }])
  }

/** First CI-field of the manufacturer's own. */
const OWN_CI = 0xa0

/** Where a payload stands in the datagram's bytes, and whether the encryption covers it. */
interface Place {
  readonly from: number
  readonly end: number
  readonly isProtected: boolean
}

const CRC_LENGTH = 2
const hasRightCrc = ({ bytes, manufacturerFrom, end }: Datagram): boolean =>
  end - CRC_LENGTH > manufacturerFrom && crc16(bytes, manufacturerFrom - 1, end - CRC_LENGTH) === 0x100 * bytes[end - 2]! + bytes[end - 1]!

function placeOf(d: Datagram, { in: where, vibKey, crc }: Entry): Place | null {
  if (vibKey !== null) {
    const r = d.records.find((record) => record.vibKey === vibKey)
    return r ? { from: r.dataAt, end: r.end, isProtected: r.protected } : null
  }
  if (d.manufacturerFrom < 0 || (where === 'ci') !== (d.tpl?.ci ?? 0) >= OWN_CI) return null
  if (crc && !hasRightCrc(d)) return null
  return { from: d.manufacturerFrom, end: crc ? d.end - CRC_LENGTH : d.end, isProtected: d.end <= d.plainFrom }
}

/** Reads the records written out; they stand where the payload stands. */
function recordsIn(bytes: Uint8Array, { from, isProtected }: Place): DataRecord[] {
  const end = bytes.length
  const written: Datagram = { ...emptyDatagram(), bytes, end, plainFrom: isProtected ? end : 0 }
  if (readRecords(written) ?? expandProfiles(written)) return []
  return written.records.filter((r) => !isSeries(r)).map((r) => ({ ...r, at: from, dataAt: from, end: from }))
}

/** A series has become single values already. */
const INVERSE_PROFILE = 0x13
const isSeries = (r: DataRecord): boolean => r.modifiers.some((m) => m.code === INVERSE_PROFILE)

const claims = ({ versions, types }: Entry, { version, deviceType }: Address): boolean =>
  (versions === undefined || versions.includes(version)) && (types === undefined || types.includes(deviceType))

function recordsOf(d: Datagram, entry: Entry): DataRecord[] {
  const place = placeOf(d, entry)
  if (!place) return []
  for (const payload of entry.open?.(d) ?? [d.bytes.subarray(place.from, place.end)]) {
    const written = entry.read(payload)
    if (written) return recordsIn(written, place)
  }
  return []
}

/** Adds to the datagram's records what its proprietary payload says, if anybody knows. */
export function transcribe(d: Datagram, address: Address): void {
  for (const entry of BY_MANUFACTURER.get(address.manufacturer & 0x7fff) ?? NO_ENTRIES) {
    const records = claims(entry, address) ? recordsOf(d, entry) : []
    if (records.length === 0) continue
    d.records.push(...records)
    return
  }
}

const NO_ENTRIES: readonly Entry[] = []
