/**
 * Compact and format frames (EN 13757-3, annex G): a compact frame leaves out the DIFs and VIFs of its records, the headers,
 * and names them by their CRC, the signature; a format frame is the headers alone.
 */
import { crc16 } from './crc.ts'
import { type Cursor, u8, u16 } from './cursor.ts'
import type { Datagram } from './datagram.ts'
import type { Fault } from './fault.ts'
import { emptyRecord, readHeader } from './record.ts'
import { isSpecial, keepRecord, readTail } from './records.ts'
import { readData } from './value.ts'

/** The headers a signature stands for in frames of this meter, or undefined where they were never heard. */
export type FormatOf = (d: Datagram, signature: number) => Uint8Array | undefined

const cursorOver = (bytes: Uint8Array): Cursor => ({ bytes, pos: 0, end: bytes.length, short: false })

/** CI 79, 7B, 73: signature, CRC of the full frame, data. */
export function readCompact(d: Datagram, formatOf: FormatOf): Fault | undefined {
  const signature = u16(d)
  const fullFrameCrc = u16(d)
  if (d.short) return 'apl.truncated'
  const headers = formatOf(d, signature) ?? null
  d.format = { signature, headers }
  return headers === null ? 'apl.compact-unknown' : expand(d, headers, fullFrameCrc)
}

/**
 * Puts the full frame in place of the compact one: from here on the datagram's bytes are those of the full frame, and every
 * record's offsets are right in it.
 */
function expand(d: Datagram, headers: Uint8Array, fullFrameCrc: number): Fault | undefined {
  const from = d.pos
  const full = new Uint8Array(d.end + headers.length)
  full.set(d.bytes.subarray(0, from))
  let fault = layOut(d, cursorOver(headers), full)
  const end = d.records.at(-1)?.end ?? from
  fault ??= crc16(full, from, end) === fullFrameCrc ? readTail(d) : 'apl.compact-crc'
  d.bytes = full
  d.pos = end
  d.end = end
  d.plainFrom = d.records.findLast((r) => r.protected)?.end ?? 0
  return fault
}

/** Header and data in turn, as the full frame has them. What stands before a byte there is all headers and data so far. */
function layOut(d: Datagram, headers: Cursor, full: Uint8Array): Fault | undefined {
  while (headers.pos < headers.end) {
    const { pos: headerAt } = headers
    const { pos: dataAt } = d
    const record = emptyRecord(headerAt + dataAt, false)
    const fault = readHeader(headers, record, u8(headers)) ?? readData(d, record)
    if (fault) return fault
    record.dataAt = headers.pos + dataAt
    record.end = headers.pos + d.pos
    full.set(headers.bytes.subarray(headerAt, headers.pos), record.at)
    full.set(d.bytes.subarray(dataAt, d.pos), record.dataAt)
    keepRecord(d, record)
  }
  return undefined
}

/** CI 69, 6A, 6B: length, signature, headers. */
export function readFormat(d: Datagram): Fault | undefined {
  const end = u8(d) + d.pos
  const signature = u16(d)
  if (d.short || end > d.end || end < d.pos) return 'apl.truncated'
  const headers = d.bytes.slice(d.pos, end)
  d.format = { signature, headers }
  if (crc16(headers, 0, headers.length) !== signature) return 'apl.compact-crc'
  d.pos = end
  return isFormat(headers) ? readTail(d) : 'apl.record'
}

/** Headers and nothing else: none is special, and the last one ends with the last byte. */
function isFormat(headers: Uint8Array): boolean {
  const c = cursorOver(headers)
  while (c.pos < c.end) {
    const dif = u8(c)
    if (isSpecial(dif) || readHeader(c, emptyRecord(0, false), dif)) return false
  }
  return true
}

/** The headers of a full frame's records, in order and without gaps: what its compact frames leave out. */
export function headersOf(d: Datagram): Uint8Array {
  const headers = new Uint8Array(d.records.reduce((sum, r) => sum + r.dataAt - r.at, 0))
  let to = 0
  for (const r of d.records) {
    headers.set(d.bytes.subarray(r.at, r.dataAt), to)
    to += r.dataAt - r.at
  }
  return headers
}
