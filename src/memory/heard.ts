import type { Clock } from '../clock.ts'
import type { Observer } from '../outcome.ts'
import { dayOf } from '../readings/day.ts'

/** Registered meters heard since local midnight. */
export interface HeardToday extends Observer {
  count(): number
}

export function heardToday(clock: Clock, timeZone: string): HeardToday {
  const meters = new Set<string>()
  let day: string | null = null
  const turn = (): void => {
    const utcMs = clock.utcMs()
    const today = utcMs === null ? null : dayOf(utcMs, timeZone)
    if (today === day) return
    day = today
    meters.clear()
  }
  return {
    outcome({ kind, meter }) {
      if (kind !== 'observation' || meter === null) return
      turn()
      meters.add(meter)
    },
    count() {
      turn()
      return meters.size
    },
  }
}
