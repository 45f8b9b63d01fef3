import { type Content, ciOf } from './ci.ts'
import type { Datagram } from './datagram.ts'
import type { Fault } from './fault.ts'
import { type DataRecord, emptyRecord, readHeader } from './record.ts'
import { readData } from './value.ts'

const FILLER = 0x2f
const MANUFACTURER_DATA = 0x0f
const MORE_FOLLOWS = 0x1f
const GLOBAL_READOUT = 0x7f
/** More than this is not a meter's telegram but an attempt to keep us busy. */
const MOST_RECORDS = 512

/** DIF and DIFE, VIF and VIFE, data, to the end of the frame (EN 13757-3). */
export function readRecords(d: Datagram): Fault | undefined {
  while (d.pos < d.end) {
    const at = d.pos
    const dif = d.bytes[d.pos++]!
    if (dif === FILLER || dif === GLOBAL_READOUT) continue
    if (dif === MANUFACTURER_DATA || dif === MORE_FOLLOWS) return readManufacturerData(d, dif)
    if ((dif & 0x0f) === 0x0f || d.records.length === MOST_RECORDS) return 'apl.record'
    const record = emptyRecord(at, false)
    const fault = readHeader(d, record, dif) ?? readData(d, record)
    if (fault) return isLeftOver(d, at) ? undefined : fault
    // To its last byte: what stands across the end of the encrypted part, anyone could have completed.
    record.protected = d.pos <= d.plainFrom
    if (record.missing !== null) noteMissing(d, record)
    d.records.push(record)
  }
  return undefined
}

const LONGEST_LEFT_OVER = 2

/** Loose hex often ends in a rest of its CRC; behind the encrypted part, or in a frame with right CRCs, nothing may. */
function isLeftOver(d: Datagram, at: number): boolean {
  if (d.end - at > LONGEST_LEFT_OVER || at < d.plainFrom || !d.notes.includes('dll.unprotected')) return false
  d.notes.push('apl.short-tail')
  return true
}

function readManufacturerData(d: Datagram, dif: number): undefined {
  if (dif === MORE_FOLLOWS) d.notes.push('apl.more-follows')
  if (d.pos < d.end) {
    d.notes.push('apl.manufacturer-data')
    d.manufacturerFrom = d.pos
  }
  d.pos = d.end
}

function noteMissing(d: Datagram, record: DataRecord): void {
  const note = record.missing === 'error' ? 'apl.record-error' : 'apl.invalid-value'
  if (!d.notes.includes(note)) d.notes.push(note)
}

/** A payload that is the manufacturer's own: kept for the meter type that knows it. */
function keepManufacturerData(d: Datagram): undefined {
  d.notes.push('apl.manufacturer-data')
  d.manufacturerFrom = d.pos
  d.pos = d.end
}

const CONTENTS: Readonly<Record<Content, (d: Datagram) => Fault | undefined>> = {
  records: readRecords,
  manufacturer: keepManufacturerData,
  nothing: () => undefined,
  alarm: () => undefined,
  error: () => 'apl.error',
  compact: () => 'apl.compact-unknown',
  format: () => 'apl.compact-unknown',
  unsupported: () => 'apl.ci-unsupported',
}

/** Step 6: the application layer, by its CI. */
export function readApl(d: Datagram): Fault | undefined {
  return CONTENTS[ciOf(d.tpl!.ci).content](d)
}
