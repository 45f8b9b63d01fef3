/**
 * Dates and times of EN 13757-3, annex A: types F, G, I, J. All are the meter's local wall clock without a zone; texts are
 * ISO 8601. A value that means "not available" is null.
 */

const two = (n: number): string => String(n).padStart(2, '0')

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
const daysIn = (year: number, month: number): number => (month === 2 && isLeap(year) ? 29 : DAYS_IN_MONTH[month - 1]!)

/** Two-digit years up to 80 are 20xx; the hundred-year bits of type F count from 1900. */
const yearOf = (short: number, hundreds: number): number => (hundreds === 0 && short <= 80 ? 2000 + short : 1900 + 100 * hundreds + short)

/** Years above 99 are none: 127 says "every year", as day 0 and month 15 say "every". */
function dayText(g: number, hundreds: number): string | null {
  const short = ((g >> 5) & 0x07) | ((g >> 9) & 0x78)
  const [year, month, day] = [yearOf(short, hundreds), (g >> 8) & 0x0f, g & 0x1f]
  if (short > 99 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return null
  return `${year}-${two(month)}-${two(day)}`
}

/** Type G, 16 bits → `2008-05-31`; 0000 is sent for "never", FFFF means invalid. */
export const dateOfG = (g: number): string | null => dayText(g, 0)

/** Type F, 32 bits → `2008-05-31T23:50`. */
export function dateTimeOfF(f: number): string | null {
  const minute = f & 0x3f
  const hour = (f >>> 8) & 0x1f
  const date = dayText(f >>> 16, (f >>> 13) & 0x03)
  return (f & 0x80) !== 0 || minute > 59 || hour > 23 || date === null ? null : `${date}T${two(hour)}:${two(minute)}`
}

/** Type I, 48 bits as an exact number → `2010-03-25T13:12:11`. */
export function dateTimeOfI(i: number): string | null {
  const low = i % 0x1_0000_0000
  const second = low & 0x3f
  const minute = (low >>> 8) & 0x3f
  const hour = (low >>> 16) & 0x1f
  const date = dateOfG(Math.floor(i / 0x100_0000) & 0xffff)
  const invalid = (low & 0x8000) !== 0 || second > 59 || minute > 59 || hour > 23 || date === null
  return invalid ? null : `${date}T${two(hour)}:${two(minute)}:${two(second)}`
}

/** Type J, 24 bits → `13:12:11`; FFFFFF, which means invalid, has second 63. */
export function timeOfJ(j: number): string | null {
  const [second, minute, hour] = [j & 0x3f, (j >> 8) & 0x3f, (j >> 16) & 0x1f]
  return second > 59 || minute > 59 || hour > 23 ? null : `${two(hour)}:${two(minute)}:${two(second)}`
}
