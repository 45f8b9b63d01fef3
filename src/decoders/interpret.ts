import type { Address } from '../wmbus/address.ts'
import type { Datagram } from '../wmbus/datagram.ts'
import { deviceTypeText } from '../wmbus/device-type.ts'
import { type DataRecord, FUNCTIONS } from '../wmbus/record.ts'
import type { Heard } from '../wmbus/telegram.ts'
import { readData } from '../wmbus/value.ts'
import { type Compiled, type ObisMedium, type Row, rowOf } from './compile.ts'
import type { Field } from './decoder.ts'
import { isMoment, meterTimeOf, momentOf } from './moments.ts'
import type { Integrity, Measurement, MeterStatus, Observation } from './observation.ts'
import { headerStatus, statusOf } from './status.ts'
import { transcribe } from './transcribe.ts'

/**
 * What the meter type knows about a manufacturer's own record is written into the record itself. False where it cannot be
 * said, because the field that gives the scale is not in the telegram.
 */
function explain(compiled: Compiled, records: readonly DataRecord[], r: DataRecord, field: Field): boolean {
  if (field.unit === undefined) return true
  const base = field.scaledBy === undefined ? 0 : exponentOf(compiled, records, field.scaledBy)
  if (base === null) return false
  r.quantity = field.name
  r.unit = field.unit
  r.exponent = base + (field.exponent ?? 0)
  return true
}

/** The exponent of another field's record in the same telegram, or null where the meter did not send it. */
function exponentOf(compiled: Compiled, records: readonly DataRecord[], name: string): number | null {
  for (const r of records) if (rowOf(compiled, r)?.field?.name === name) return r.exponent
  return null
}

/** For records that come to no observation: a reader still wants to know what they mean. */
export function explainRecords(compiled: Compiled, records: readonly DataRecord[]): void {
  for (const r of records) {
    const field = rowOf(compiled, r)?.field
    if (field) explain(compiled, records, r, field)
  }
}

/**
 * Whether the record has a value for the field. Where the meter type names a record that is an error by the standard, the
 * manufacturer means something else by it, and the value is read.
 */
function says(compiled: Compiled, d: Datagram, records: readonly DataRecord[], r: DataRecord, field: Field): boolean {
  if (r.missing === 'error' && field.pick.vib !== undefined) {
    r.missing = null
    readData({ bytes: d.bytes, pos: r.dataAt, end: r.end, short: false }, r)
  }
  if (!explain(compiled, records, r, field) || r.raw === null) return false
  return field.absent === undefined || !field.absent.includes(Number(r.raw))
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

function measurement({ name, kind, label, obis, of }: Row, medium: ObisMedium, { raw, exponent, unit }: DataRecord): Mutable<Measurement> {
  const m: Mutable<Measurement> = { name, kind, raw: raw!, exponent, unit }
  const code = obis[medium]
  if (code !== undefined) m.obis = code
  if (label !== undefined) m.label = label
  if (of !== undefined) m.of = of
  return m
}

const MAXIMUM = FUNCTIONS.indexOf('maximum')
const MINIMUM = FUNCTIONS.indexOf('minimum')

const isDated = (row: Row, r: DataRecord): boolean => row.kind === 'historic' || r.fn === MAXIMUM || r.fn === MINIMUM

/** Gives a stored value or an extreme its moment. False where the meter says that it never was: then neither was the value. */
function date(m: Mutable<Measurement>, r: DataRecord, moments: readonly DataRecord[]): boolean {
  const moment = r.date === null ? momentOf(r, moments) : undefined
  const text = r.date ?? moment?.text
  if (moment?.missing === 'invalid') return false
  if (text) m.date = text
  return true
}

/** A frame's CRCs tell damage, not forgery; loose bytes without them tell nothing, nor does a code that did not match. */
function integrityOf(d: Datagram): Integrity {
  if (d.mac === 'right') return 'mac'
  if (d.mac === 'wrong') return 'none'
  return d.notes.includes('dll.unprotected') && d.encryption !== 'ell-ctr' ? 'none' : 'crc'
}

/** What the meter type says of stored dates, or null where it leaves the clock open. */
function datesOf({ decoder }: Compiled, version: number): Observation['dates'] | null {
  if (decoder.clock === 'unknown') return null
  const own = decoder.stamps?.find(({ versions }) => versions.includes(version))
  return { clock: decoder.clock, stamp: own?.stamp ?? decoder.stamp }
}

/** Heat meters by device type. */
const MEDIA: Readonly<Record<number, ObisMedium>> = { 4: 'heat', 12: 'heat', 13: 'heat', 10: 'cooling', 11: 'cooling' }

/** What the records say to the meter type, in the order the meter sends it. */
interface Said {
  readonly measurements: Mutable<Measurement>[]
  readonly status: MeterStatus | null
  readonly meterTime: string | null
}

function read(compiled: Compiled, d: Datagram, records: readonly DataRecord[], medium: ObisMedium): Said {
  const measurements: Mutable<Measurement>[] = []
  const indexes: number[] = []
  const dated: { readonly at: number; readonly r: DataRecord }[] = []
  const moments: DataRecord[] = []
  let status: MeterStatus | null = null
  for (const r of records) {
    const row = rowOf(compiled, r)
    if (row === undefined) {
      if (isMoment(r)) moments.push(r)
      continue
    }
    if (row.status) status ??= statusOf(row.status, d, r)
    const { field, index } = row
    if (!field || indexes.includes(index)) continue
    if (row.isPlain ? r.raw === null : !says(compiled, d, records, r, field)) continue
    indexes.push(index)
    measurements.push(measurement(row, medium, r))
    if (isDated(row, r)) dated.push({ at: indexes.length - 1, r })
  }
  for (const { at, r } of dated.reverse()) if (!date(measurements[at]!, r, moments)) measurements.splice(at, 1)
  return { measurements, status, meterTime: meterTimeOf(moments) }
}

/**
 * Names what a decoded datagram says. Null where it says nothing the meter type knows. With `protectedOnly`, records behind
 * the encrypted part say nothing: anyone could have appended them.
 */
export function observe(
  compiled: Compiled,
  d: Datagram,
  meter: string,
  address: Address,
  heard: Heard,
  protectedOnly: boolean,
): Observation | null {
  transcribe(d, address)
  const records = protectedOnly && d.plainFrom < d.end ? d.records.filter((r) => r.protected) : d.records
  const { measurements, status, meterTime } = read(compiled, d, records, MEDIA[address.deviceType] ?? 'other')
  if (measurements.length === 0) return null
  const dates = datesOf(compiled, address.version)
  return {
    meter,
    version: address.version,
    deviceType: deviceTypeText(address.deviceType),
    heard,
    path: 'wmbus',
    decoder: compiled.label,
    measurements,
    status: status ?? headerStatus(d),
    meterTime,
    ...(dates && { dates }),
    encryption: d.encryption,
    integrity: integrityOf(d),
  }
}
