/** What is looked at from time to time, because nothing happens when it goes wrong. */
import { hourOfWeek } from '../readings/day.ts'
import { silent, tellsLowPower, watchedOf } from '../reports/silent.ts'
import { watchSilentMeters } from '../telling/silence.ts'
import { watchSinks } from '../telling/sinks.ts'
import { habitsNow } from './habits-now.ts'
import type { Parts } from './parts.ts'

const SINKS_MS = 60_000
const METERS_MS = 3_600_000
/** As in `report silent`. */
const HEARINGS = 6

export function startWatching(
  parts: Pick<Parts, 'clock' | 'log' | 'config' | 'tell' | 'onStop' | 'delivery' | 'receivers' | 'hearing' | 'store' | 'sms'>,
): void {
  const { clock, config, tell, onStop, delivery, store } = parts
  const look = () => {
    const { utcMs: nowMs, receivers, meters } = habitsNow(parts)
    if (nowMs === null) return null
    const down = new Set(receivers.flatMap(({ name, state }) => (state === 'receiving' ? [] : [name])))
    const watched = watchedOf(store.meters.list(), meters)
    const hour = (utcMs: number): number => hourOfWeek(utcMs, config.timeZone)
    return silent(watched, { nowMs, hourOfWeek: hour, down, hearings: HEARINGS, isPowerLow })
  }
  const isPowerLow = (meter: string): boolean => tellsLowPower(store.outbox.readings({ meter, limit: 1 })[0]?.body)
  onStop(clock.every(SINKS_MS, guarded(parts, watchSinks(clock, delivery.state, tell))))
  onStop(clock.every(METERS_MS, guarded(parts, watchSilentMeters(look, tell))))
}

/** A disk that cannot be read now is told by others. */
const guarded =
  ({ log }: Pick<Parts, 'log'>, look: () => void): (() => void) =>
  () => {
    try {
      look()
    } catch (err) {
      log.warn({ err }, 'what waits and who is silent cannot be looked at now; it is tried again')
    }
  }
