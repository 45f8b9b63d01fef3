/** Dates and times by a meter's own clock as instants. */
import { Temporal } from 'temporal-polyfill'
import type { Measurement, Observation } from '../decoders/observation.ts'
import { dayAt, dayBefore, nextDay, offsetsAt } from './day.ts'

type Dates = NonNullable<Observation['dates']>

/** A moment by a meter's clock: its instant, and the local day that ends exactly then, if one does. */
export interface Moment {
  readonly utcMs: number
  readonly ends: string | null
}

/** The same few dates come in thousands of telegrams; a calendar look-up costs some 30 µs. Radio can send any: bounded. */
const MOST_REMEMBERED = 500
const remembered = new Map<string, Moment | null>()

function remember(key: string, at: () => number | null, timeZone: string): Moment | null {
  const known = remembered.get(key)
  if (known !== undefined) return known
  if (remembered.size >= MOST_REMEMBERED) remembered.clear()
  const utcMs = at()
  const moment = utcMs === null ? null : { utcMs, ends: dayEndingAt(utcMs, timeZone) }
  remembered.set(key, moment)
  return moment
}

/** `2026-11-01T00:00` by that clock in milliseconds since 1970 UTC; null for a date that no calendar has. */
function instantOf(text: string, clock: Dates['clock'], timeZone: string): number | null {
  try {
    const time = Temporal.PlainDateTime.from(text, { overflow: 'reject' })
    const localMs = time.toZonedDateTime(timeZone, { disambiguation: 'compatible' }).epochMilliseconds
    if (clock === 'local') return localMs
    const [, winterMs] = offsetsAt(localMs, timeZone)
    return time.toZonedDateTime('UTC').epochMilliseconds - winterMs
  } catch {
    return null
  }
}

function dayEndingAt(utcMs: number, timeZone: string): string | null {
  const { day, startMs } = dayAt(utcMs, timeZone)
  return startMs === utcMs ? dayBefore(day) : null
}

const isDate = (text: string): boolean => text.length === 10
const isReal = (date: string): boolean => !Number.isNaN(Date.parse(date))

/** The moment a stored value is of; null where its meter type does not say what its dates mean. */
export function storedMoment({ date }: Measurement, { dates }: Observation, timeZone: string): Moment | null {
  if (date === undefined || dates === undefined) return null
  const { clock, stamp } = dates
  const timed = !isDate(date)
  if (!timed && stamp === 'unknown') return null
  const at = (): number | null => {
    if (timed) return instantOf(date, clock, timeZone)
    return isReal(date) ? instantOf(`${stamp === 'start' ? date : nextDay(date)}T00:00`, clock, timeZone) : null
  }
  return remember(`${date} ${clock} ${timed ? '' : stamp} ${timeZone}`, at, timeZone)
}

/** A clock that shows minutes only is up to one behind. */
const MINUTE_MS = 60_000

/** Whether the meter's own clock, where it sends it, is right to the tolerance. */
export function isClockRight({ meterTime, dates }: Observation, utcMs: number, timeZone: string, toleranceMs: number): boolean {
  if (meterTime === null || dates === undefined) return true
  const { clock } = dates
  const at = (text: string): number =>
    remember(`${text} ${clock}  ${timeZone}`, () => instantOf(text, clock, timeZone), timeZone)?.utcMs ?? Number.NaN
  const from = at(isDate(meterTime) ? `${meterTime}T00:00` : meterTime)
  const to = isDate(meterTime) && isReal(meterTime) ? at(`${nextDay(meterTime)}T00:00`) : from + MINUTE_MS
  return utcMs >= from - toleranceMs && utcMs <= to + toleranceMs
}
