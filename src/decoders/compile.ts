import { type DataRecord, FUNCTIONS } from '../wmbus/record.ts'
import { vibKeysOf } from '../wmbus/vib.ts'
import type { Decoder, Field, Pick, StatusWord } from './decoder.ts'
import type { FieldKind } from './observation.ts'

/** What a record is for: a field's value, or a status word. Flat and of one shape, for it is read a dozen times a telegram. */
export interface Row {
  readonly field: Field | null
  /** Counts the names; fields of one name share it. */
  readonly index: number
  readonly name: string
  readonly kind: FieldKind
  readonly label: string | undefined
  readonly of: string | undefined
  /** Any value the record has is the field's, as it stands. */
  readonly isPlain: boolean
  /** The field's OBIS codes, by the medium of the meter. */
  readonly obis: Readonly<Record<ObisMedium, string | undefined>>
  readonly status: StatusWord | null
}

/** Media that EN 13757-1 gives other value groups A and B; this program knows those of heat meters. */
export type ObisMedium = 'heat' | 'cooling' | 'other'

const coded = (prefix: string, code: string): string => (code.includes(':') ? code : prefix + code)

function codesOf(obis: string | undefined): Row['obis'] {
  if (obis === undefined) return NO_CODES
  return { heat: coded('6-0:', obis), cooling: coded('5-0:', obis), other: undefined }
}

const NO_CODES: Row['obis'] = { heat: undefined, cooling: undefined, other: undefined }

const NO_FIELD: Row = {
  field: null,
  index: -1,
  name: '',
  kind: 'momentary',
  label: undefined,
  of: undefined,
  isPlain: false,
  obis: NO_CODES,
  status: null,
}
const fieldRow = (field: Field, index: number): Row => ({
  field,
  index,
  name: field.name,
  kind: field.kind,
  label: field.label,
  of: field.of,
  isPlain: field.unit === undefined && field.absent === undefined,
  obis: codesOf(field.obis),
  status: null,
})

/** The rows of one VIB: of the value now, which most records are, and of all others by function, storage, tariff and subunit. */
interface VibRows {
  now: Row | undefined
  readonly others: Map<number, Row>
}

/** A meter type ready for the air: every VIB its picks accept leads to its rows. */
export interface Compiled {
  readonly decoder: Decoder
  /** `name/version`, as messages name it. */
  readonly label: string
  readonly rows: ReadonlyMap<number, VibRows>
}

const NOW = 0
const MOST_TARIFFS = 64
const MOST_SUBUNITS = 16

/** Function, storage, tariff and subunit as one number: 0 for the value now, −1 for numbers that no pick names. */
function slotOf(fn: number, storage: number, tariff: number, subunit: number): number {
  if (fn === 0 && storage === 0 && tariff === 0 && subunit === 0) return NOW
  if (tariff >= MOST_TARIFFS || subunit >= MOST_SUBUNITS) return -1
  return ((storage * MOST_TARIFFS + tariff) * MOST_SUBUNITS + subunit) * FUNCTIONS.length + fn
}

const slotOfPick = ({ function: fn = 'instantaneous', storage = 0, tariff = 0, subunit = 0 }: Pick): number =>
  slotOf(FUNCTIONS.indexOf(fn), storage, tariff, subunit)

const rowAt = ({ now, others }: VibRows, slot: number): Row | undefined => (slot === NOW ? now : others.get(slot))

/** Throws where a pick names nothing the standard has, or what another one has taken. */
export function compile(decoder: Decoder): Compiled {
  const rows = new Map<number, VibRows>()
  const add = (pick: Pick, row: Row): void => {
    const slot = slotOfPick(pick)
    for (const key of vibKeysOf(pick)) {
      const ofVib = rows.get(key) ?? { now: undefined, others: new Map<number, Row>() }
      if (rowAt(ofVib, slot)) throw new Error(`two picks of "${decoder.name}" take the same record: ${JSON.stringify(pick)}`)
      if (slot === NOW) ofVib.now = row
      else ofVib.others.set(slot, row)
      rows.set(key, ofVib)
    }
  }
  const names = decoder.fields.map((field) => field.name)
  for (const field of decoder.fields) add(field.pick, fieldRow(field, names.indexOf(field.name)))
  for (const status of decoder.status ?? []) add(status.pick, { ...NO_FIELD, status })
  return { decoder, label: `${decoder.name}/${decoder.version}`, rows }
}

/** What the meter type takes the record for, if anything. */
export function rowOf(compiled: Compiled, r: DataRecord): Row | undefined {
  const ofVib = compiled.rows.get(r.vibKey)
  return ofVib && rowAt(ofVib, slotOf(r.fn, r.storage, r.tariff, r.subunit))
}
