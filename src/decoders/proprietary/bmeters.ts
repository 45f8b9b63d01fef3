/** B METERS, behind DIF 0F (layouts inferred from public telegrams). */
import { copy, number, stored, unsigned } from './records.ts'

const BATTERY_AND_BACKFLOW = 0x05
const AND_YEAR = 0x15
const BACKFLOW_AT = 2
const YEAR_AT = 6
const MONTHS = 12
const FIRST_STORAGE = 8

/**
 * Hydrodigit: a byte of flags, which say what follows; battery; litres that ran backward; the register at the ends of the last
 * January to December, in 10 l.
 */
export function bmetersHydrodigit(p: Uint8Array): Uint8Array | null {
  const hasYear = p[0] === AND_YEAR
  if ((p[0] !== BATTERY_AND_BACKFLOW && !hasYear) || p.length < (hasYear ? YEAR_AT + 3 * MONTHS : YEAR_AT)) return null
  const months = Array.from({ length: hasYear ? MONTHS : 0 }, (_, i) => stored(FIRST_STORAGE + i, '14', unsigned(p, YEAR_AT + 3 * i, 3)))
  return Uint8Array.from([...copy('04933C', p, BACKFLOW_AT, 4), ...months.flat()])
}

type Rows = readonly (readonly [header: string, at: number])[]

/** Hydroclima by its first byte: where each record's two bytes stand. VIFE 12 is "average". */
const HYDROCLIMA: ReadonlyMap<number, Rows> = new Map<number, Rows>([
  [
    0x10,
    [
      ['02E512', 7],
      ['1265', 9],
      ['42E512', 15],
      ['42D912', 17],
    ],
  ],
  [
    0x11,
    [
      ['02D912', 9],
      ['02E512', 11],
      ['1265', 13],
      ['42D912', 17],
      ['42E512', 19],
      ['82016E', 21],
      ['C2016E', 25],
      ['82026E', 27],
    ],
  ],
])
const TOTAL_LENGTH = 3

/** Hydroclima: temperatures of the room and of the radiator, and last what was counted since it was mounted. */
export function bmetersHydroclima(p: Uint8Array): Uint8Array | null {
  const rows = HYDROCLIMA.get(p[0]!)
  if (!rows || p.length < rows.at(-1)![1] + 2 + TOTAL_LENGTH) return null
  const total = number('04FF01', unsigned(p, p.length - TOTAL_LENGTH, TOTAL_LENGTH))
  return Uint8Array.from([...rows.flatMap(([header, at]) => copy(header, p, at, 2)), ...total])
}
