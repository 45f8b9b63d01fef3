/** Danish civil time by the rule of the EU (2000/84/EC), reckoned with no code of the gateway and no calendar of the machine. */

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Days since 1970-01-01, as the calendar on the wall counts them. */
export type DayNumber = number

export const dayNumber = (text: string): DayNumber => Date.parse(text) / DAY_MS
export const dayText = (day: DayNumber): string => new Date(day * DAY_MS).toISOString().slice(0, 10)

/** The last Sunday of a month (0 is January) at 01:00 UTC: when the clocks change in March and October. */
const change = (year: number, month: number): number => {
  const last = Date.UTC(year, month + 1, 0)
  return last - new Date(last).getUTCDay() * DAY_MS + HOUR_MS
}

const isSummer = (utcMs: number): boolean => {
  const year = new Date(utcMs).getUTCFullYear()
  return utcMs >= change(year, 2) && utcMs < change(year, 9)
}

/** The instant a local day begins. The clocks never change at midnight. */
export const midnight = (day: DayNumber): number => {
  const winter = day * DAY_MS - HOUR_MS
  return isSummer(winter) ? winter - HOUR_MS : winter
}

export const dayAt = (utcMs: number): DayNumber => Math.floor((utcMs + (isSummer(utcMs) ? 2 : 1) * HOUR_MS) / DAY_MS)

/** When a meter that keeps winter time all year last stored the end of a month. */
export const monthStored = (utcMs: number): number => {
  const meterTime = new Date(utcMs + HOUR_MS)
  return Date.UTC(meterTime.getUTCFullYear(), meterTime.getUTCMonth(), 1) - HOUR_MS
}
