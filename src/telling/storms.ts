/** Of an event about many meters at once the first are told one by one, the rest as one number: it is one cause, not a thousand. */
import type { Clock } from '../clock.ts'

/** So many of one kind within this time are told. */
const STORM = { meters: 20, windowMs: 600_000 } as const

export interface Storms<Name extends string> {
  /** Whether this one is told by itself; else it is counted. */
  passes(event: Name): boolean
  /** Tells what was counted and not told yet. */
  end(): void
}

interface Window {
  told: number
  more: number
}

/** @param tell is told at the end of a window in which there were more, how many, and in how many seconds */
export function storms<Name extends string>(clock: Clock, tell: (event: Name, more: number) => void): Storms<Name> {
  const windows = new Map<Name, Window>()
  const close = (event: Name): void => {
    const more = windows.get(event)?.more ?? 0
    windows.delete(event)
    if (more > 0) tell(event, more)
  }
  const cancels = new Map<Name, () => void>()
  return {
    passes(event) {
      let window = windows.get(event)
      if (window === undefined) {
        window = { told: 0, more: 0 }
        windows.set(event, window)
        cancels.set(
          event,
          clock.after(STORM.windowMs, () => close(event)),
        )
      }
      if (window.told < STORM.meters) window.told++
      else window.more++
      return window.more === 0
    },
    end() {
      for (const cancel of cancels.values()) cancel()
      for (const event of [...windows.keys()]) close(event)
    },
  }
}
