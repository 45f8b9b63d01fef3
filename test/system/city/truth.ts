/** What billing must end with, reckoned from what was heard by the rule as docs/readings.md writes it, not as the gateway does. */
import { type DayNumber, dayAt, midnight, monthStored } from './calendar.ts'
import { type CityMeter, type Shown, shownAt } from './meters.ts'

/** The state that stands for a meter and day; of equally good ones any. */
export interface Truth {
  readonly precedence: number
  readonly states: ReadonlySet<string>
}

const TOLERANCE_MS = 15 * 60_000
const [EARLY, BOUNDARY, PARTLY_STORED, STORED] = [1_999_999, 2_999_999, 2_000_000, 3_999_999]

const stateText = ({ kWh, m3 }: Shown): string => `${kWh} kWh, ${(m3 / 100).toFixed(2)} m3`

export const keepTruth = (since: DayNumber) => {
  const days = new Map<DayNumber, Map<string, Truth>>()
  const offer = (meter: CityMeter, day: DayNumber, precedence: number, atMs: number): void => {
    if (day < since) return
    const meters = days.get(day) ?? new Map<string, Truth>()
    days.set(day, meters)
    const before = meters.get(meter.name)
    if (before !== undefined && before.precedence > precedence) return
    const state = stateText(shownAt(meter, atMs))
    const others = before?.precedence === precedence ? before.states : []
    meters.set(meter.name, { precedence, states: new Set([...others, state]) })
  }
  return {
    hear(meter: CityMeter, utcMs: number): void {
      const today = dayAt(utcMs)
      const [began, ends] = [midnight(today), midnight(today + 1)]
      const seconds = (boundaryMs: number): number => Math.abs(Math.floor(utcMs / 1000) - boundaryMs / 1000)
      if (utcMs - began <= TOLERANCE_MS) offer(meter, today - 1, BOUNDARY - seconds(began), utcMs)
      offer(meter, today, (ends - utcMs <= TOLERANCE_MS ? BOUNDARY : EARLY) - seconds(ends), utcMs)
      if (meter.kind.stores === 'no') return
      // In summer it stores at 01:00, which ends no day.
      const storedMs = monthStored(utcMs)
      const ended = dayAt(storedMs)
      if (midnight(ended) === storedMs) offer(meter, ended - 1, meter.kind.stores === 'whole' ? STORED : PARTLY_STORED, storedMs)
    },
    of: (day: DayNumber): ReadonlyMap<string, Truth> => days.get(day) ?? new Map(),
  }
}
