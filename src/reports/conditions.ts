/** What the meters themselves reported: since when, and when it was over. Told by readings; a day without one tells nothing. */
import { type DayReadings, meterOf } from './days.ts'

export interface Condition {
  readonly meter: string
  readonly installation: string | null
  /** In plain English, as the meter type has it. */
  readonly condition: string
  /** The first day whose reading has it. */
  readonly since: string
  /** It may be older: no earlier reading in the span tells of the meter's status. */
  readonly orEarlier: boolean
  /** The last day whose reading has it. */
  readonly last: string
  /** The first day whose reading has it no more; null: it lasts. */
  readonly cleared: string | null
}

/** Those that last come first, then the latest. */
export function conditions(days: Iterable<DayReadings>): readonly Condition[] {
  const lasting = new Map<string, ReadonlyMap<string, Condition>>()
  const over: Condition[] = []
  for (const { day, readings } of days)
    for (const reading of readings) {
      if (reading.status === undefined) continue
      const meter = meterOf(reading)
      const before = lasting.get(meter)
      const now = new Map(
        reading.status.conditions.map((condition): [string, Condition] => [
          condition,
          {
            ...(before?.get(condition) ?? { meter, condition, since: day, orEarlier: before === undefined, cleared: null }),
            installation: reading.meter.installation ?? null,
            last: day,
          },
        ]),
      )
      for (const [condition, was] of before ?? []) if (!now.has(condition)) over.push({ ...was, cleared: day })
      lasting.set(meter, now)
    }
  return [...[...lasting.values()].flatMap((of) => [...of.values()]), ...over].sort(order)
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
const order = (a: Condition, b: Condition): number =>
  Number(a.cleared !== null) - Number(b.cleared !== null) ||
  byText(b.since, a.since) ||
  byText(a.meter, b.meter) ||
  byText(a.condition, b.condition)
