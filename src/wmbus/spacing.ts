/** The moments of a compact profile: one base moment and equal steps from it (EN 13757-3, spacing control and value). */

/** A step is a number of seconds, or of half months: a month has no length in seconds. */
export type Spacing = { readonly seconds: number } | { readonly halfMonths: number }

const SECONDS = [1, 60, 3600, 86_400] as const
const LONGEST_COUNT = 250
const HALF_MONTH = 253
const FULL_MONTHS = 254
/** Spacing unit → half months of spacing value 254: half a year, a quarter, a month. */
const MONTH_UNITS: Readonly<Record<number, number>> = { 1: 12, 2: 6, 3: 2 }

/** The step that spacing unit (two bits) and spacing value mean; null for an array, whose values have no moments. */
export function spacingOf(unit: number, value: number): Spacing | null {
  if (value > 0 && value <= LONGEST_COUNT) return { seconds: value * SECONDS[unit & 3]! }
  if (value === HALF_MONTH) return { halfMonths: 1 }
  const halfMonths = value === FULL_MONTHS ? MONTH_UNITS[unit] : undefined
  return halfMonths === undefined ? null : { halfMonths }
}

/** Calendar arithmetic on the digits of a wall clock: as if it stood in UTC. */
interface Day {
  readonly year: number
  readonly month: number
  readonly day: number
  /** Days of its month. */
  readonly last: number
}

const lastOf = (year: number, month: number): number => new Date(Date.UTC(year, month + 1, 0)).getUTCDate()

function dayOf(ms: number): Day {
  const date = new Date(ms)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  return { year, month, day: date.getUTCDate(), last: lastOf(year, month) }
}

/** The same time on another day; months and days beyond their end carry over. */
const onDay = (ms: number, year: number, month: number, day: number): number => new Date(ms).setUTCFullYear(year, month, day)

/** The same day of another month, or its last where it has no such day. The last day stays the last. */
function addMonths(ms: number, months: number): number {
  const { year, month, day, last } = dayOf(ms)
  const there = lastOf(year, month + months)
  return onDay(ms, year, month + months, day === last ? there : Math.min(day, there))
}

/** The other half of the month: from the 1st to the 16th and on to the 1st, from the 15th to the last and on to the 15th. */
function addHalfMonth(ms: number): number {
  const { year, month, day, last } = dayOf(ms)
  if (day === last) return onDay(ms, year, month + 1, 15)
  if (day === 15) return onDay(ms, year, month, last)
  return day < 15 ? onDay(ms, year, month, day + 15) : onDay(ms, year, month + 1, day - 15)
}

function shifted(ms: number, step: Spacing, steps: number): number {
  if ('seconds' in step) return ms + 1000 * step.seconds * steps
  const halves = step.halfMonths * steps
  const months = addMonths(ms, Math.floor(halves / 2))
  return halves % 2 === 0 ? months : addHalfMonth(months)
}

const DATE_LENGTH = 10
const TIME_LENGTH = 19

/**
 * The moment `steps` after (negative: before) `base`, in the same form: `2010-01-01`, or `2010-01-01T03:00`, with seconds
 * where they matter. All are the meter's local wall clock. Null for steps of less than a day from a date without a time.
 */
export function momentAfter(base: string, step: Spacing, steps: number): string | null {
  const isDate = base.length === DATE_LENGTH
  if (isDate && 'seconds' in step && step.seconds % 86_400 !== 0) return null
  const ms = Date.parse(isDate ? `${base}T00:00Z` : `${base}Z`)
  if (Number.isNaN(ms)) return null
  const length = 'seconds' in step && step.seconds % 60 !== 0 ? TIME_LENGTH : base.length
  return new Date(shifted(ms, step, steps)).toISOString().slice(0, length)
}
