import type { ManualClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import type { Timed } from '../../src/readings/candidate.ts'
import { draft } from '../../src/readings/close.ts'
import type { DailyReading } from '../../src/readings/daily-reading.ts'
import { type Readings, type ReadingsOptions, startReadings } from '../../src/readings/readings.ts'
import type { Memory } from '../../src/store/store.ts'
import { COPENHAGEN, HOUR, METERS, MINUTE, registered } from './observations.ts'

export const TOLERANCE = 15 * MINUTE
const meters = { get: (meter: string) => (METERS.includes(meter) ? registered(meter) : undefined) }

/** A gateway's readings; what it emits is collected in `sent`. */
export const start = (clock: ManualClock, memory: Memory, sent: DailyReading[], more: Partial<ReadingsOptions> = {}): Readings =>
  startReadings({
    clock,
    log: silentLog,
    gateway: 'skorsten-vest',
    timeZone: COPENHAGEN,
    toleranceMs: TOLERANCE,
    closesAfterMs: 2 * HOUR,
    include: ['registers', 'status', 'momentary'],
    memory,
    meters,
    outbox: published(sent),
    emit: (draft) => void sent.push(JSON.parse(draft.body)),
    keep: () => {},
    flush: () => true,
    ...more,
  })

/** What a store would say of what was sent: the newest day first, the highest precedence first. */
const published = (sent: readonly DailyReading[]): ReadingsOptions['outbox'] => ({
  readings: ({ meter, day, from = day ?? '', to = day ?? '9999-12-31' }) =>
    sent
      .filter((r) => r.id.startsWith(meter ?? '') && r.day >= from && r.day <= to)
      .sort((a, b) => (a.day === b.day ? b.precedence - a.precedence : a.day < b.day ? 1 : -1))
      .map((r, seq) => ({ ...draft(r), seq, storedAt: null })),
})

export const hear = (readings: Readings, clock: ManualClock, o: Timed): void => {
  clock.advanceTo(o.heard.utcMs)
  readings.offer(o)
}

const keyOf = (r: DailyReading): string => `${r.day} ${r.meter.manufacturer}-${r.meter.id}`
export const byKey = (sent: readonly DailyReading[]): [string, DailyReading][] =>
  sent.map((r): [string, DailyReading] => [keyOf(r), r]).sort(([a], [b]) => (a < b ? -1 : 1))
export const precedences = (sent: readonly DailyReading[]): [string, number][] => byKey(sent).map(([key, r]) => [key, r.precedence])
