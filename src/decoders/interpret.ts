import type { Address } from '../wmbus/address.ts'
import type { Datagram } from '../wmbus/datagram.ts'
import { deviceTypeText } from '../wmbus/device-type.ts'
import { type DataRecord, FUNCTIONS } from '../wmbus/record.ts'
import type { Heard } from '../wmbus/telegram.ts'
import { vibKeysOf } from '../wmbus/vib.ts'
import type { Decoder, Field, Pick, StatusWord } from './decoder.ts'
import type { Integrity, Measurement, MeterStatus, Observation } from './observation.ts'

/** A pick, flat: what a record is compared with. */
interface Row {
  readonly fn: number
  readonly storage: number
  readonly tariff: number
  readonly subunit: number
  readonly field: Field | null
  readonly status: StatusWord | null
}

/** A meter type ready for the air: every VIB its picks accept leads to its rows. */
export interface Compiled {
  readonly decoder: Decoder
  /** `name/version`, as messages name it. */
  readonly label: string
  readonly rows: ReadonlyMap<number, readonly Row[]>
}

export function compile(decoder: Decoder): Compiled {
  const rows = new Map<number, Row[]>()
  const add = (pick: Pick, field: Field | null, status: StatusWord | null): void => {
    const fn = FUNCTIONS.indexOf(pick.function ?? 'instantaneous')
    const row: Row = { fn, storage: pick.storage ?? 0, tariff: pick.tariff ?? 0, subunit: pick.subunit ?? 0, field, status }
    for (const key of vibKeysOf(pick)) {
      const list = rows.get(key)
      if (list) list.push(row)
      else rows.set(key, [row])
    }
  }
  for (const field of decoder.fields) add(field.pick, field, null)
  for (const status of decoder.status ?? []) add(status.pick, null, status)
  return { decoder, label: `${decoder.name}/${decoder.version}`, rows }
}

const fits = (row: Row, r: DataRecord): boolean =>
  row.fn === r.fn && row.storage === r.storage && row.tariff === r.tariff && row.subunit === r.subunit

function rowOf(compiled: Compiled, r: DataRecord): Row | undefined {
  const rows = compiled.rows.get(r.vibKey)
  if (rows === undefined) return undefined
  for (const row of rows) if (fits(row, r)) return row
  return undefined
}

/**
 * What the meter type knows about a manufacturer's own record is written into the record itself. False where it cannot be
 * said, because the field that gives the scale is not in the telegram.
 */
function explain(compiled: Compiled, records: readonly DataRecord[], r: DataRecord, field: Field): boolean {
  const base = field.scaledBy === undefined ? 0 : exponentOf(compiled, records, field.scaledBy)
  if (base === null) return false
  r.quantity = field.name
  r.unit = field.unit ?? ''
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
    if (field?.unit !== undefined) explain(compiled, records, r, field)
  }
}

function measurement(field: Field, { raw, exponent, unit }: DataRecord, obisMedium: string | null): Measurement {
  const { name, kind, obis, label } = field
  const m: Mutable<Measurement> = { name, kind, raw: raw!, exponent, unit }
  if (obis !== undefined && obisMedium !== null) m.obis = obisMedium + obis
  if (label !== undefined) m.label = label
  return m
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

const has = (found: readonly Measurement[], name: string): boolean => {
  for (const m of found) if (m.name === name) return true
  return false
}

/** The transport layer's status byte (EN 13757-7), for meters that send no word of their own. */
const TPL_STATUS: StatusWord['bits'] = [
  [0x04, 'low power'],
  [0x08, 'permanent error'],
  [0x10, 'temporary error'],
]

const NO_CONDITIONS: readonly string[] = []
const conditionsOf = (code: number, bits: StatusWord['bits']): readonly string[] =>
  code === 0 ? NO_CONDITIONS : bits.filter(([mask]) => (code & mask) !== 0).map(([, condition]) => condition)

const REAL = 5
const LONGEST_WORD = 6

/**
 * The word's bits, read from its bytes: as an amount, a word with its top bit alone would mean "not available". Null where
 * its coding is no bit field.
 */
function statusOf(word: StatusWord, { bytes }: Datagram, { coding, dataAt, end }: DataRecord): MeterStatus | null {
  if (coding < 1 || coding > LONGEST_WORD || coding === REAL) return null
  let code = 0
  for (let i = end - 1; i >= dataAt; i--) code = code * 0x100 + bytes[i]!
  return { code: String(code), bits: 8 * (end - dataAt), conditions: conditionsOf(code, word.bits) }
}

function headerStatus({ tpl }: Datagram): MeterStatus | null {
  if (!tpl || tpl.header === 'none') return null
  return { code: String(tpl.status), bits: 8, conditions: conditionsOf(tpl.status, TPL_STATUS) }
}

/** The meter's own clock: its first dateTime of storage 0, else its date. */
function meterTimeOf(records: readonly DataRecord[]): string | null {
  let date: string | null = null
  for (const r of records) {
    if (r.fn !== 0 || r.storage !== 0 || r.text === null || r.missing !== null || r.modifiers.length > 0) continue
    if (r.type === 'dateTime') return r.text
    if (r.type === 'date') date ??= r.text
  }
  return date
}

/** A frame's CRCs tell damage, not forgery; loose bytes without them tell nothing. */
function integrityOf(d: Datagram): Integrity {
  if (d.mac === 'right') return 'mac'
  return d.notes.includes('dll.unprotected') && d.encryption !== 'ell-ctr' ? 'none' : 'crc'
}

/** Value groups A and B of the OBIS code by device type (EN 13757-1): heat and cooling. */
const OBIS_MEDIA: Readonly<Record<number, string>> = { 4: '6-0:', 12: '6-0:', 13: '6-0:', 10: '5-0:', 11: '5-0:' }

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
  const records = protectedOnly && d.plainFrom < d.end ? d.records.filter((r) => r.protected) : d.records
  const obisMedium = OBIS_MEDIA[address.deviceType] ?? null
  const measurements: Measurement[] = []
  let status: MeterStatus | null = null
  for (const r of records) {
    const row = rowOf(compiled, r)
    if (row === undefined) continue
    if (row.status) status ??= statusOf(row.status, d, r)
    const { field } = row
    if (!field || r.raw === null || has(measurements, field.name)) continue
    if (field.unit !== undefined && !explain(compiled, records, r, field)) continue
    measurements.push(measurement(field, r, obisMedium))
  }
  if (measurements.length === 0) return null
  return {
    meter,
    version: address.version,
    deviceType: deviceTypeText(address.deviceType),
    heard,
    path: 'wmbus',
    decoder: compiled.label,
    measurements,
    status: status ?? headerStatus(d),
    meterTime: meterTimeOf(records),
    encryption: d.encryption,
    integrity: integrityOf(d),
  }
}
