/** From observation to the day's reading in the outbox, and away again when its time is over. */
import { watchClock } from '../clock/watch.ts'
import type { Observation } from '../decoders/observation.ts'
import { whenGone } from '../memory/gone.ts'
import { holdUndated, type Provisional } from '../memory/provisional.ts'
import { dayBefore, dayOf } from '../readings/day.ts'
import { startDayMessages } from '../readings/day-messages.ts'
import { type Readings, startReadings } from '../readings/readings.ts'
import { type HourlySeries, startSeries } from '../readings/series.ts'
import { type RunningRetention, startRetention } from '../retention.ts'
import type { PurgeRule } from '../store/retention/retention.ts'
import type { Surroundings } from './surroundings.ts'

/** What a crash may cost of what waits for the time. */
const WAITING_WRITTEN_MS = 6 * 3_600_000

export interface Days {
  readonly provisional: Provisional
  readonly readings: Readings
  readonly retention: RunningRetention
}

export function startDays(surroundings: Surroundings, rule: PurgeRule): Days {
  const { config, clock, log, store, tell, onStop } = surroundings
  const { gateway, timeZone } = config
  const { days, outbox, memory, meters } = store
  const hourly = config.series ? hourlySeries(surroundings, config.series.meters) : null
  const offer = (observation: Observation): void => {
    readings.offer(observation)
    hourly?.offer(observation)
  }
  const provisional = holdUndated({ clock, memory, log, offer })
  const dayMessages = startDayMessages({ clock, log, gateway, timeZone, days, outbox, meters })
  onStop(dayMessages.stop)
  const readings = startReadings({
    ...{ clock: provisional.clock, log, gateway, timeZone, memory, meters, outbox },
    toleranceMs: config.day.tolerance,
    closesAfterMs: config.day.closesAfter,
    include: config.day.include,
    emit: outbox.add,
    keep: store.telegrams.keep,
    flush: outbox.flush,
    onClosing: dayMessages.closing,
  })
  onStop(readings.stop)
  const closedBy = (utcMs: number): string => dayBefore(dayOf(utcMs - config.day.closesAfter, timeZone))
  const retention = startRetention({ clock, log, tell, store, rule, closedBy })
  onStop(retention.stop)
  onStop(watchClock({ clock, tell, onKnown: provisional.date }))
  onStop(provisional.save)
  onStop(clock.every(WAITING_WRITTEN_MS, provisional.save))
  whenGone(meters, (meter) => {
    provisional.forget(meter)
    readings.forget(meter)
    hourly?.forget(meter)
  })
  return { provisional, readings, retention }
}

function hourlySeries({ clock, log, store, onStop }: Surroundings, meters: readonly string[] | undefined): HourlySeries {
  const hourly = startSeries({ clock, log, series: store.series, meters: meters ? new Set(meters) : null })
  onStop(hourly.stop)
  return hourly
}
