import type { Datagram } from './datagram.ts'
import type { Fault } from './fault.ts'
import { type DataRecord, emptyRecord, readHeader } from './record.ts'
import { readData } from './value.ts'

const FILLER = 0x2f
const MANUFACTURER_DATA = 0x0f
const MORE_FOLLOWS = 0x1f
const GLOBAL_READOUT = 0x7f
/** More than this is not a meter's telegram but an attempt to keep us busy. */
export const MOST_RECORDS = 512

/** DIF codes with the low four bits set are no records but say what the rest of the frame is. */
export const isSpecial = (dif: number): boolean => (dif & 0x0f) === 0x0f

/** DIF and DIFE, VIF and VIFE, data, to the end of the frame (EN 13757-3). */
export function readRecords(d: Datagram): Fault | undefined {
  while (d.pos < d.end) {
    const at = d.pos
    const dif = d.bytes[d.pos++]!
    if (dif === FILLER || dif === GLOBAL_READOUT) continue
    if (dif === MANUFACTURER_DATA || dif === MORE_FOLLOWS) return readManufacturerData(d, dif)
    const record = emptyRecord(at, false)
    const isNone = isSpecial(dif) || d.records.length === MOST_RECORDS
    const fault = isNone ? 'apl.record' : (readHeader(d, record, dif) ?? readData(d, record))
    if (fault) return isLeftOver(d, at) ? undefined : fault
    keepRecord(d, record)
  }
  return undefined
}

/** Takes in a record whose data end at the cursor. */
export function keepRecord(d: Datagram, record: DataRecord): void {
  // To its last byte: what stands across the end of the encrypted part, anyone could have completed.
  record.protected = d.pos <= d.plainFrom
  if (record.missing !== null) noteMissing(d, record)
  d.records.push(record)
}

function noteMissing(d: Datagram, record: DataRecord): void {
  const note = record.missing === 'error' ? 'apl.record-error' : 'apl.invalid-value'
  if (!d.notes.includes(note)) d.notes.push(note)
}

/** Moves past fillers; what is left is the left over of a CRC, or a fault. */
export function readTail(d: Datagram): Fault | undefined {
  while (d.pos < d.end && d.bytes[d.pos] === FILLER) d.pos++
  return d.pos === d.end || isLeftOver(d, d.pos) ? undefined : 'apl.record'
}

const LONGEST_LEFT_OVER = 2

/** Loose hex often ends in a rest of its CRC; behind the encrypted part, or in a frame with right CRCs, nothing may. */
function isLeftOver(d: Datagram, at: number): boolean {
  if (d.end - at > LONGEST_LEFT_OVER || at < d.plainFrom || !d.notes.includes('dll.unprotected')) return false
  d.notes.push('apl.short-tail')
  d.pos = d.end
  return true
}

function readManufacturerData(d: Datagram, dif: number): undefined {
  if (dif === MORE_FOLLOWS) d.notes.push('apl.more-follows')
  if (d.pos < d.end) keepManufacturerData(d)
}

/** A payload, or the rest of one, that is the manufacturer's own: kept for the meter type that knows it. */
export function keepManufacturerData(d: Datagram): undefined {
  d.notes.push('apl.manufacturer-data')
  d.manufacturerFrom = d.pos
  d.pos = d.end
}
