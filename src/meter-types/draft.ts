/** A first draft of a meter type out of one telegram, and the same telegram without whose it was. Both are for people to go on from. */
import { type Compiled, rowOf } from '../decoders/compile.ts'
import type { Decoder, Field, Pick, StatusWord } from '../decoders/decoder.ts'
import type { FieldKind } from '../decoders/observation.ts'
import { type Address, manufacturerText } from '../wmbus/address.ts'
import type { Datagram } from '../wmbus/datagram.ts'
import { type DataRecord, FUNCTIONS } from '../wmbus/record.ts'
import { hexOf } from '../wmbus/value.ts'
import { vibKeysOf } from '../wmbus/vib.ts'

export interface Draft {
  readonly decoder: Decoder
  /** Headers of records with a value that no pick can name. */
  readonly left: readonly string[]
}

/** One field per record that has a number: as the type knows it that reads the telegram today, else under a name made of what it says. */
export function draftType(d: Datagram, address: Address, known: Compiled): Draft {
  const fields: Field[] = []
  const status: StatusWord[] = []
  const left: string[] = []
  for (const r of d.records) {
    const row = rowOf(known, r)
    if (row?.status) addNew(status, row.status)
    else if (row?.field) addNew(fields, row.field)
    else if (r.vif.quantity === 'errorFlags') addNew(status, { pick: { quantity: 'errorFlags', ...placeOf(r) }, bits: [] })
    else if (isNumber(r)) {
      const pick = pickOf(d, r)
      if (pick) addNew(fields, fieldOf(r, pick))
      else left.push(hexOf(d.bytes, r.at, r.dataAt))
    }
  }
  const decoder = { ...headOf(address, known.decoder), fields: distinct(fields), ...(status.length > 0 && { status }) }
  return { decoder, left }
}

const twoDigits = (n: number): string => n.toString(16).padStart(2, '0')

function headOf({ manufacturer, version, deviceType }: Address, { clock, stamp }: Decoder): Omit<Decoder, 'fields'> {
  const letters = manufacturerText(manufacturer)
  return {
    name: `${letters.toLowerCase()}-${twoDigits(version)}-${twoDigits(deviceType)}`,
    version: 1,
    meters: [{ manufacturer: letters, versions: [version], types: [deviceType] }],
    clock,
    stamp,
  }
}

/** The first of several that pick the same records stays. */
function addNew<T extends { readonly pick: Pick }>(list: T[], item: T): void {
  if (!list.some(({ pick }) => JSON.stringify(pick) === JSON.stringify(item.pick))) list.push(item)
}

/** Dates are found by themselves; texts, identities and reported errors are no measurements. */
const isNumber = ({ type, raw, missing }: DataRecord): boolean =>
  (type === 'number' || type === 'unsigned') && (missing === null ? raw !== null : missing === 'invalid')

const placeOf = ({ fn, storage, tariff, subunit }: DataRecord): Pick => ({
  ...(fn > 0 && { function: FUNCTIONS[fn]! }),
  ...(storage > 0 && { storage }),
  ...(tariff > 0 && { tariff }),
  ...(subunit > 0 && { subunit }),
})

/** By meaning where the standard has one, else by the exact bytes. */
function pickOf(d: Datagram, r: DataRecord): Pick | undefined {
  const modifiers = meanings(r)
  const byMeaning: Pick = { quantity: r.vif.quantity, ...(modifiers.length > 0 && { modifiers }) }
  const ways: Pick[] = [...(NO_MEANING.has(r.vif.quantity) ? [] : [byMeaning]), { vib: vibOf(d, r) }]
  const pick = ways.find((way) => fits(way, r))
  return pick && r.tariff < 64 && r.subunit < 16 ? { ...pick, ...placeOf(r) } : undefined
}

const NO_MEANING = new Set(['manufacturerSpecific', 'reserved', 'any', 'plainText'])
const meanings = ({ modifiers }: DataRecord): string[] => modifiers.filter((m) => m.scale === undefined).map((m) => m.name)

function vibOf({ bytes }: Datagram, { at, dataAt }: DataRecord): string {
  let from = at
  while (from < dataAt && bytes[from]! & 0x80) from++
  return hexOf(bytes, from + 1, dataAt)
}

function fits(pick: Pick, { vibKey }: DataRecord): boolean {
  try {
    return vibKey >= 0 && vibKeysOf(pick).includes(vibKey)
  } catch {
    return false
  }
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

function fieldOf(r: DataRecord, pick: Pick): Field {
  const own = pick.vib !== undefined && { unit: r.unit, ...(r.exponent !== 0 && { exponent: r.exponent }) }
  return { name: nameOf(r, pick), kind: kindOf(r), pick, ...own }
}

/** As the built-in types name theirs: `targetEnergy`, `energyTariff2`, `maximumPower`, `volumeHistory3`. */
function nameOf(r: DataRecord, { quantity, vib, modifiers = [] }: Pick): string {
  const words = modifiers.flatMap((name) => name.split(/[^A-Za-z0-9]+/)).map(capital)
  const { tariff, subunit, storage } = r
  const base = `${quantity ?? `vib${vib}`}${words.join('')}${tariff > 0 ? `Tariff${tariff}` : ''}${subunit > 0 ? `Input${subunit}` : ''}`
  const valued = [base, `maximum${capital(base)}`, `minimum${capital(base)}`, `${base}InError`][r.fn]!
  return storage === 0 ? valued : storage === 1 ? `target${capital(valued)}` : `${valued}History${storage}`
}

const COUNTS = new Set(['energy', 'reactiveEnergy', 'apparentEnergy', 'volume', 'mass', 'heatCostAllocation', 'onTime', 'operatingTime'])
const STILL_COUNTS = new Set(['forward', 'backward', 'uncorrected', 'at base conditions'])

/** Registers are billed: only what surely counts up is one. */
function kindOf(r: DataRecord): FieldKind {
  if (r.storage > 0) return 'historic'
  const isExtreme = r.fn === FUNCTIONS.indexOf('maximum') || r.fn === FUNCTIONS.indexOf('minimum')
  return COUNTS.has(r.vif.quantity) && !isExtreme && meanings(r).every((name) => STILL_COUNTS.has(name)) ? 'register' : 'momentary'
}

/** Names that say too little are numbered; those of the known type may stand twice. */
function distinct(fields: readonly Field[]): Field[] {
  const meaningOf = ({ pick: _, ...meaning }: Field): string => JSON.stringify(meaning)
  return fields.map((field, i) => {
    const first = fields.findIndex(({ name }) => name === field.name)
    return meaningOf(fields[first]!) === meaningOf(field) ? field : { ...field, name: `${field.name}No${i}` }
  })
}

const NOBODY = [0x78, 0x56, 0x34, 0x12]
const LONGEST = 255
const SERIES = 'compact profile'

/**
 * The telegram's records in the clear, in a frame without CRCs from meter 12345678 of the same make. Without texts and
 * numbers that identify; the measured values stay. Null where there are none, or too many for one frame.
 */
export function anonymous(d: Datagram, { manufacturer, version, deviceType }: Address): Uint8Array | null {
  const isSaid = ({ type, text, modifiers }: DataRecord): boolean =>
    text === null || type === 'date' || type === 'dateTime' || modifiers.some(({ name }) => name.includes(SERIES))
  const records = d.records.filter((r) => r.at < r.dataAt && r.type !== 'identity' && isSaid(r))
  const bytes = records.flatMap((r) => [...d.bytes.subarray(r.at, r.end)])
  const frame = [0x44, manufacturer & 0xff, manufacturer >> 8, ...NOBODY, version, deviceType, 0x78, ...bytes]
  return bytes.length === 0 || frame.length > LONGEST ? null : Uint8Array.of(frame.length, ...frame)
}
