import type { Observer } from '../outcome.ts'

/** Registered meters heard since local midnight. */
export interface HeardToday extends Observer {
  count(): number
  /** Heard by another way, of that day. */
  add(meter: string, day: string): void
}

/** `today` tells the local day, or null while it is not known. */
export function heardToday(today: () => string | null): HeardToday {
  const meters = new Set<string>()
  let day: string | null = null
  const turn = (): void => {
    const now = today()
    if (now === day) return
    day = now
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
    add(meter, of) {
      turn()
      if (of === day) meters.add(meter)
    },
  }
}
