/** What stands in a CSV file: its columns, and how numbers, days and texts are written. */
import type { DailyReading } from '../readings/daily-reading.ts'
import { decimal } from '../wmbus/decimal.ts'

export interface Column {
  readonly name: string
  /** A place in the reading: `meter.id`, `day`, `registers.energy`, `registers.energy.unit`, `quality.flags`. */
  readonly value: string
  /** Of a register or momentary value: written in this unit, of the family the meter sends. */
  readonly unit?: string
}

export interface Style {
  readonly separator: string
  readonly decimal: '.' | ','
  readonly date: 'yyyy-mm-dd' | 'dd-mm-yyyy'
  /** Spreadsheets take a file without a byte order mark for an 8-bit encoding. */
  readonly encoding: 'utf-8' | 'utf-8-bom' | 'latin1'
  readonly columns: readonly Column[]
}

const column = (name: string, value: string, unit?: string): Column => ({ name, value, ...(unit && { unit }) })

export const STYLES = {
  plain: {
    separator: ',',
    decimal: '.',
    date: 'yyyy-mm-dd',
    encoding: 'utf-8',
    columns: [
      column('meter', 'meter.id'),
      column('manufacturer', 'meter.manufacturer'),
      column('installation', 'meter.installation'),
      column('day', 'day'),
      column('energy', 'registers.energy'),
      column('energy_unit', 'registers.energy.unit'),
      column('volume_m3', 'registers.volume', 'm3'),
      column('hours', 'registers.operatingTime', 'h'),
      column('status', 'status.code'),
      column('evidence', 'evidence.kind'),
      column('quality', 'quality.state'),
      column('flags', 'quality.flags'),
      column('reading_id', 'id'),
    ],
  },
  danish: {
    separator: ';',
    decimal: ',',
    date: 'dd-mm-yyyy',
    encoding: 'utf-8-bom',
    columns: [
      column('Målernummer', 'meter.id'),
      column('Fabrikat', 'meter.manufacturer'),
      column('Installation', 'meter.installation'),
      column('Aflæsningsdato', 'day'),
      column('Energiaflæsning', 'registers.energy'),
      column('Energienhed', 'registers.energy.unit'),
      column('M3 aflæsning', 'registers.volume', 'm3'),
      column('Tidstæller', 'registers.operatingTime', 'h'),
      column('Fejlkode', 'status.code'),
      column('Grundlag', 'evidence.kind'),
      column('Kvalitet', 'quality.state'),
      column('Bemærkninger', 'quality.flags'),
      column('Aflæsnings-id', 'id'),
    ],
  },
} as const satisfies Readonly<Record<string, Style>>

/** Units that differ by a power of ten only: inside a family the decimal point moves, between families nothing is converted. */
const POWERS: Readonly<Record<string, readonly [family: string, power: number]>> = {
  Wh: ['Wh', 0],
  kWh: ['Wh', 3],
  MWh: ['Wh', 6],
  J: ['J', 0],
  kJ: ['J', 3],
  MJ: ['J', 6],
  GJ: ['J', 9],
}

/** The decimal string in another unit of its family; null where that is no matter of the decimal point. */
export function inUnit(value: string, from: string, to: string): string | null {
  if (from === to) return value
  const [a, b] = [POWERS[from], POWERS[to]]
  return a && b && a[0] === b[0] ? shifted(value, a[1] - b[1]) : null
}

/** Value × 10^places: only the point moves. */
function shifted(value: string, places: number): string {
  const decimals = value.split('.')[1]?.length ?? 0
  return decimal(BigInt(value.replace('.', '')), places - decimals)
}

const NUMBER = /^-?\d+(?:\.\d+)?$/
/** A spreadsheet would run a text that begins so. */
const FORMULA = /^[=+\-@\t\r]/

/** The cells of one reading. Throws RangeError where a value is not of the unit its column wants. */
export function cellsOf(reading: DailyReading, { columns, decimal: point, date }: Style): string[] {
  return columns.map((column) => {
    const value = at(reading, column)
    if (column.value === 'day' || column.value === 'evidence.observedAt') return date === 'dd-mm-yyyy' ? danishDate(value) : value
    if (isQuantity(column)) return point === ',' ? value.replace('.', ',') : value
    return FORMULA.test(value) && !NUMBER.test(value) ? `'${value}` : value
  })
}

const isQuantity = ({ value }: Column): boolean => /^(?:registers|momentary)\.\w+$/.test(value)
const danishDate = (text: string): string => text.replace(/^(\d{4})-(\d\d)-(\d\d)/, '$3-$2-$1')

/** The text at a column's place in the reading; empty where there is none. */
function at(reading: DailyReading, column: Column): string {
  let place: unknown = reading
  for (const part of column.value.split('.')) place = (place as Record<string, unknown> | null | undefined)?.[part]
  if (place === undefined || place === null) return ''
  if (Array.isArray(place)) return place.join(' ')
  if (typeof place !== 'object') return String(place)
  const { value, unit } = place as { value: string; unit: string }
  if (column.unit === undefined) return value
  const converted = inUnit(value, unit, column.unit)
  if (converted === null)
    throw new RangeError(
      `${column.value} of ${reading.meter.manufacturer}-${reading.meter.id} is in ${unit}, and the column "${column.name}" wants ${column.unit}`,
    )
  return converted
}
