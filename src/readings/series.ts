/**
 * The hourly series: of each meter and hour the last state heard in it, as it was heard. An hour in which nothing was heard has none;
 * nothing is computed. Runs only where the configuration states what it is for.
 */
import type { Clock } from '../clock.ts'
import type { Observation } from '../decoders/observation.ts'
import type { Log } from '../log.ts'
import type { HourlyValue, Series } from '../store/store.ts'
import { isTimed } from './candidate.ts'
import { valuesOf } from './registers.ts'

export interface SeriesOptions {
  readonly clock: Clock
  readonly log: Log
  readonly series: Pick<Series, 'put'>
  /** Null: of all. */
  readonly meters: ReadonlySet<string> | null
}

export interface HourlySeries {
  offer(observation: Observation): void
  forget(meter: string): void
  /** Writes the hour that has begun as well. */
  stop(): void
}

const HOUR_MS = 3_600_000
/** Timers follow the monotonic clock, hours the wall clock. */
const LOOK_MS = 60_000
/** Values that wait while the disk refuses. */
const MOST_WAITING = 200_000

export function startSeries({ clock, log, series, meters }: SeriesOptions): HourlySeries {
  const waiting = new Map<string, HourlyValue>()
  const write = (beforeHour: number): void => {
    const due = [...waiting].filter(([, { hour }]) => hour < beforeHour)
    if (due.length === 0) return
    try {
      series.put(due.map(([, value]) => value))
    } catch (err) {
      log.warn(
        { err, waiting: waiting.size },
        'hourly values could not be written: tried again in a minute. Is the disk full or read-only?',
      )
      return
    }
    for (const [key] of due) waiting.delete(key)
  }
  const cancel = clock.every(LOOK_MS, () => {
    const utcMs = clock.utcMs()
    if (utcMs !== null) write(Math.floor(utcMs / HOUR_MS))
  })
  return {
    offer(observation) {
      if (!isTimed(observation) || (meters !== null && !meters.has(observation.meter))) return
      const registers = Object.entries(valuesOf(observation, 'register')).map(([name, { value, unit }]) => [name, { value, unit }])
      if (registers.length === 0) return
      const { meter, heard } = observation
      const hour = Math.floor(heard.utcMs / HOUR_MS)
      const key = `${hour} ${meter}`
      const before = waiting.get(key)
      if (before ? before.observedAt > heard.utcMs : waiting.size >= MOST_WAITING) return
      waiting.set(key, { hour, meter, observedAt: heard.utcMs, registers: JSON.stringify(Object.fromEntries(registers)) })
    },
    forget(meter) {
      for (const [key, value] of waiting) if (value.meter === meter) waiting.delete(key)
    },
    stop() {
      cancel()
      write(Number.POSITIVE_INFINITY)
    },
  }
}
