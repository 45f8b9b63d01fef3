import { decoderFor, type Registry } from '../../decoders/index.ts'
import { explainRecords, observe } from '../../decoders/interpret.ts'
import type { Measurement, MeterStatus, Observation } from '../../decoders/observation.ts'
import { identify } from '../../identity.ts'
import { learnedFormats } from '../../memory/formats.ts'
import { hexOfLine } from '../../receivers/streams/lines.ts'
import { idText, manufacturerText, meterName } from '../../wmbus/address.ts'
import type { FormatOf } from '../../wmbus/compact.ts'
import type { Datagram } from '../../wmbus/datagram.ts'
import { decimal } from '../../wmbus/decimal.ts'
import { decode } from '../../wmbus/decode.ts'
import { deviceTypeText } from '../../wmbus/device-type.ts'
import { FAULTS, type Fault, NOTES } from '../../wmbus/fault.ts'
import { type DataRecord, FUNCTIONS } from '../../wmbus/record.ts'
import { aesKey, type Key } from '../../wmbus/security.ts'
import { hexOf, recordValue } from '../../wmbus/value.ts'
import { parseKey } from '../keys/key-text.ts'

/** One record as `decode --jsonl` prints it: raw × 10^exponent unit is the value, exactly. */
export interface RecordJson {
  value: number | string | null
  unit: string
  raw: string | null
  exponent: number
  quantity: string
  function: string
  storage: number
  tariff: number
  subunit: number
  modifiers?: string[]
  /** Of a value out of a compact profile: the moment it is of. */
  date?: string
  missing?: string
  /** Present, and false, where the record stood behind the encrypted part. */
  protected?: boolean
  /** DIF/DIFE/VIF/VIFE bytes in hex. */
  header: string
}

/** The machine contract of `decode --jsonl`: one of these per line (docs/decode.md). */
export interface Decoded {
  ok: boolean
  error?: { code: string; message: string }
  notes?: string[]
  meter?: { manufacturer: string; id: string; version: number; deviceType: number; medium: string }
  security?: { mode: number; encryption: string; integrity: string }
  /** Of a compact or format frame: the signature it names, and the headers behind it where they are known. */
  format?: { signature: string; headers: string | null }
  records: RecordJson[]
  observation?: ObservationJson
}

export interface FieldJson {
  value: string
  unit: string
  /** Of a stored value or an extreme: its moment by the meter's own clock. */
  date?: string
}

/** What the meter type makes of the records; values are decimal strings with the register's own resolution. */
export interface ObservationJson {
  decoder: string
  meter: string
  fields: Record<string, FieldJson>
  status?: MeterStatus
  meterTime?: string
}

export interface DecodeInput {
  readonly telegram: string
  readonly key: string | null
  /** Earlier telegrams of the same meter: their full frames tell what its compact frames leave out. */
  readonly context?: readonly string[]
}

const refused = (code: Fault, message: string): Decoded => ({ ok: false, error: { code, message }, records: [] })

/** Decodes one telegram leniently, as a reader's tool: nothing is registered, nothing is refused for policy. Without a registry: built-in types. */
export function decodeInput(input: DecodeInput, registry?: Registry): { json: Decoded; datagram: Datagram | null } {
  const bytes = hexOfLine(input.telegram)
  if (!bytes)
    return { json: refused('frame.hex', `${FAULTS['frame.hex']}: an even number of digits 0–9 and A–F is needed`), datagram: null }
  const key = input.key === null ? null : parseKey(input.key)
  if (key && 'problem' in key) return { json: refused('tpl.key-wrong', key.problem), datagram: null }
  const aes = key && aesKey(key)
  const datagram = decode(bytes, 'unknown', aes, formatsOf(input.context ?? [], aes))
  return { json: describe(datagram, registry), datagram }
}

/** The formats that these telegrams tell, beside the shipped ones. */
function formatsOf(telegrams: readonly string[], key: Key | null): FormatOf {
  const formats = learnedFormats(null)
  for (const telegram of telegrams) {
    const bytes = hexOfLine(telegram)
    if (bytes) formats.learn(decode(bytes, 'unknown', key))
  }
  return formats.formatOf
}

const fourDigits = (n: number): string => n.toString(16).toUpperCase().padStart(4, '0')

function describe(d: Datagram, registry: Registry | undefined): Decoded {
  const address = identify(d)
  const compiled = address && decoderFor(address, registry)
  const heard = { bootId: '', monotonicMs: 0, utcMs: null }
  const observation = address && compiled && d.fault === null ? observe(compiled, d, meterName(address), address, heard, false) : null
  if (compiled && !observation) explainRecords(compiled, d.records)
  return {
    ok: d.fault === null,
    ...(d.fault === null ? {} : { error: { code: d.fault, message: FAULTS[d.fault] } }),
    ...(d.notes.length === 0 ? {} : { notes: d.notes.map((note) => `${note}: ${NOTES[note]}`) }),
    ...(address === null
      ? {}
      : {
          meter: {
            manufacturer: manufacturerText(address.manufacturer),
            id: idText(address.id),
            version: address.version,
            deviceType: address.deviceType,
            medium: deviceTypeText(address.deviceType),
          },
        }),
    security: { mode: d.tpl?.securityMode ?? 0, encryption: d.encryption, integrity: observation?.integrity ?? 'none' },
    ...(d.format === null
      ? {}
      : { format: { signature: fourDigits(d.format.signature), headers: d.format.headers && hexOf(d.format.headers) } }),
    records: d.records.map((r) => recordJson(d, r)),
    ...(observation === null ? {} : { observation: observationJson(observation) }),
  }
}

const recordJson = (d: Datagram, r: DataRecord): RecordJson => ({
  value: recordValue(r),
  unit: r.unit,
  raw: r.raw === null ? r.text : String(r.raw),
  exponent: r.exponent,
  quantity: r.quantity,
  function: FUNCTIONS[r.fn]!,
  storage: r.storage,
  tariff: r.tariff,
  subunit: r.subunit,
  ...(r.modifiers.length === 0 ? {} : { modifiers: r.modifiers.map((m) => m.name) }),
  ...(r.date === null ? {} : { date: r.date }),
  ...(r.missing === null ? {} : { missing: r.missing }),
  ...(d.plainFrom > 0 && !r.protected ? { protected: false } : {}),
  header: hexOf(d.bytes, r.at, r.dataAt),
})

const fieldJson = ({ raw, exponent, unit, date }: Measurement): FieldJson => ({
  value: decimal(raw, exponent),
  unit,
  ...(date === undefined ? {} : { date }),
})

const observationJson = (o: Observation): ObservationJson => ({
  decoder: o.decoder,
  meter: o.meter,
  fields: Object.fromEntries(o.measurements.map((m) => [m.name, fieldJson(m)])),
  ...(o.status === null ? {} : { status: o.status }),
  ...(o.meterTime === null ? {} : { meterTime: o.meterTime }),
})
