/** Local calendar days as instants: 23 and 25 hours long where the clocks change. Days are written YYYY-MM-DD. */
import { Temporal } from 'temporal-polyfill'

/** A local day and its bounds: it begins with the instant `startMs` and ends right before `endMs`, the next day's start. */
interface LocalDay {
  readonly day: string
  readonly startMs: number
  readonly endMs: number
}

/** The few days that are asked for again and again, hundreds of times a second; a calendar look-up costs some 10 µs. */
const REMEMBERED = 4
const recent: (LocalDay & { readonly timeZone: string })[] = []

function remember(day: string, timeZone: string): LocalDay {
  const found = { day, timeZone, startMs: startOfDay(day, timeZone), endMs: startOfDay(nextDay(day), timeZone) }
  recent.unshift(found)
  recent.length = Math.min(recent.length, REMEMBERED)
  return found
}

const known = (day: string, timeZone: string): LocalDay =>
  recent.find((d) => d.day === day && d.timeZone === timeZone) ?? remember(day, timeZone)

/** The local day an instant falls in. `timeZone` is an IANA name; throws RangeError for any other. */
export function dayAt(utcMs: number, timeZone: string): LocalDay {
  for (const d of recent) if (utcMs >= d.startMs && utcMs < d.endMs && d.timeZone === timeZone) return d
  const local = Temporal.Instant.fromEpochMilliseconds(Math.floor(utcMs)).toZonedDateTimeISO(timeZone)
  return remember(local.toPlainDate().toString(), timeZone)
}

export const dayOf = (utcMs: number, timeZone: string): string => dayAt(utcMs, timeZone).day

/** The first instant of a local day; where no midnight exists that night, the first moment there is. */
export const startOfDay = (day: string, timeZone: string): number =>
  Temporal.PlainDate.from(day).toZonedDateTime(timeZone).epochMilliseconds

/** The instant a local day ends: its boundary, and the first instant of the next. */
export const endOfDay = (day: string, timeZone: string): number => known(day, timeZone).endMs

/**
 * When a day closes: so much wall time after the local midnight that ends it; with 2 h, at 02:00. Where the clocks go
 * forward and skip that time, it closes at the jump (02:00 is 03:00 then); where the time comes twice, at the first.
 */
export const closesAt = (day: string, timeZone: string, closesAfterMs: number): number =>
  Temporal.PlainDate.from(nextDay(day))
    .toPlainDateTime()
    .add({ milliseconds: closesAfterMs })
    .toZonedDateTime(timeZone, { disambiguation: 'compatible' }).epochMilliseconds

/** Hours since the start of Monday, local time, 0…167; the 25th hour of a day counts as its 24th. */
export function hourOfWeek(utcMs: number, timeZone: string): number {
  const { day, startMs } = dayAt(utcMs, timeZone)
  const weekday = (new Date(day).getUTCDay() + 6) % 7
  return 24 * weekday + Math.min(23, Math.floor((utcMs - startMs) / 3_600_000))
}

const shift = (day: string, days: number): string => new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10)
export const nextDay = (day: string): string => shift(day, 1)
export const dayBefore = (day: string): string => shift(day, -1)

const offsetMs = (utcMs: number, timeZone: string): number =>
  Temporal.Instant.fromEpochMilliseconds(Math.floor(utcMs)).toZonedDateTimeISO(timeZone).offsetNanoseconds / 1e6

/** Local time minus UTC in milliseconds: then, and in the winter of that year, which many meters keep all year. */
export function offsetsAt(utcMs: number, timeZone: string): readonly [now: number, winter: number] {
  const year = new Date(utcMs).getUTCFullYear()
  const [january, july] = [offsetMs(Date.UTC(year, 0), timeZone), offsetMs(Date.UTC(year, 6), timeZone)]
  return [offsetMs(utcMs, timeZone), Math.min(january, july)]
}
