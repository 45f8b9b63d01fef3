import type { DayReadings } from '../../reports/days.ts'
import type { Store } from '../../store/store.ts'
import { dayArgument } from '../readings/reading-text.ts'

/** The days from `from` to `to`, both included. */
export interface DaySpan {
  readonly from: string
  readonly to: string
}

export interface SpanOptions {
  readonly from?: string
  readonly to?: string
}

/** So many days before a day. */
export const daysBefore = (day: string, days: number): string => new Date(Date.parse(day) - days * 86_400_000).toISOString().slice(0, 10)

/** As the options say, else up to the newest day that is stored; null before there is any. */
export const spanOf = ({ days }: Pick<Store, 'days'>, options: SpanOptions, length: number): DaySpan | null => {
  const to = options.to === undefined ? days.list({ limit: 1 })[0] : dayArgument(options.to)
  return to === undefined ? null : { from: options.from === undefined ? daysBefore(to, length) : dayArgument(options.from), to }
}

/** The readings that stand of the meters in service, a day at a time, as a city's readings of a year do not fit in RAM. */
export function* readingsOf({ days, meters }: Pick<Store, 'days' | 'meters'>, { from, to }: DaySpan): Generator<DayReadings> {
  const inService = new Set(meters.list().flatMap(({ meter, retiredAt }) => (retiredAt === null ? [meter] : [])))
  for (const day of [...days.list({ from, to })].reverse()) {
    const kept = days.kept(day).filter(({ meter }) => inService.has(meter))
    yield { day, readings: kept.map(({ body }) => JSON.parse(body)) }
  }
}
