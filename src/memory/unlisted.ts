import type { Heard } from '../wmbus/telegram.ts'

/** An address heard that is not registered: nothing else of it is kept. */
export interface UnlistedMeter {
  readonly meter: string
  readonly telegrams: number
  readonly lastHeard: Heard
}

/** Addresses of meters that are not registered, in RAM only, forgotten after a day. */
export interface Unlisted {
  note(meter: string, heard: Heard): void
  list(nowMs: number): readonly UnlistedMeter[]
}

export function unlistedMeters(keepMs: number, most: number): Unlisted {
  const meters = new Map<string, { telegrams: number; lastHeard: Heard }>()
  const forget = (nowMs: number): void => {
    for (const [meter, { lastHeard }] of meters) {
      if (meters.size <= most && nowMs - lastHeard.monotonicMs <= keepMs) return
      meters.delete(meter)
    }
  }
  return {
    note(meter, heard) {
      const telegrams = (meters.get(meter)?.telegrams ?? 0) + 1
      // Deleted first, so that the map stays in the order of the last hearing.
      meters.delete(meter)
      meters.set(meter, { telegrams, lastHeard: heard })
      forget(heard.monotonicMs)
    },
    list(nowMs) {
      forget(nowMs)
      return [...meters].map(([meter, { telegrams, lastHeard }]) => ({ meter, telegrams, lastHeard }))
    },
  }
}
