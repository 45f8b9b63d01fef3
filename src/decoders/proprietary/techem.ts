/**
 * Techem, CI A0–A2: a status byte, the last target date, what was counted until then and since. Behind the counters stand
 * months of history whose meaning nobody has published.
 */
import { copy, date, number, unsigned } from './records.ts'

const DATE_AT = 1
const UNTIL_AT = 3
const SINCE_AT = 7
const SHORTEST = 10

/** Year, month and day in seven, four and five bits. */
function targetDate(p: Uint8Array): number[] {
  const bits = unsigned(p, DATE_AT, 2)
  return date('426C', bits >> 9, (bits >> 5) & 0x0f, bits & 0x1f)
}

/** The register is the sum of both counters; `FF01` is what was counted since the target date. */
const sum = (p: Uint8Array, size: number, vif: string): Uint8Array | null => {
  if (p.length < SHORTEST) return null
  const [until, since] = [unsigned(p, UNTIL_AT, size), unsigned(p, SINCE_AT, size)]
  return Uint8Array.from([...number(`04${vif}`, until + since), ...number(`44${vif}`, until), ...targetDate(p), ...number('04FF01', since)])
}

/** Compact V: three bytes of kWh. */
export const techemCompactV = (p: Uint8Array): Uint8Array | null => sum(p, 3, '06')
/** Vario 4.5.1: two bytes of MJ. */
export const techemVario451 = (p: Uint8Array): Uint8Array | null => sum(p, 2, '0E')
/** Water: two bytes of 0.1 m3. */
export const techemWater = (p: Uint8Array): Uint8Array | null => sum(p, 2, '15')

/**
 * Heat cost allocator, which begins at 0 again after the target date. `temperaturesAt`: room, then radiator, in 0.01 °C; some
 * have no sensor to tell.
 */
export const techemHca =
  (temperaturesAt: number | null) =>
  (p: Uint8Array): Uint8Array | null => {
    if (p.length < (temperaturesAt ?? 0) + 4 || p.length < SHORTEST) return null
    const counters = [...number('046E', unsigned(p, SINCE_AT, 2)), ...number('446E', unsigned(p, UNTIL_AT, 2)), ...targetDate(p)]
    if (temperaturesAt === null) return Uint8Array.from(counters)
    return Uint8Array.from([...counters, ...copy('0265', p, temperaturesAt, 2), ...copy('0259', p, temperaturesAt + 2, 2)])
  }
