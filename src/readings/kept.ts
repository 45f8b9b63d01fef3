/** The telegrams behind the readings, to be decoded again some day: they go to the disk together, none in a commit of its own. */
import type { Cancel, Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { KeptTelegram } from '../store/store.ts'
import type { Boundary, Timed } from './candidate.ts'

const LONGEST_WAIT_MS = 10_000

export interface Kept {
  /** Of an observation that became a reading; a message in fragments has no telegram. */
  add(observation: Timed, boundary: Boundary): void
  forget(meter: string): void
  /** Writes what waits, and that alone. */
  stop(): void
}

/** `write` may throw: it serves eyes and not billing, and a disk that refuses it must not cost the day. */
export function keptTogether(clock: Clock, log: Log, write: (telegrams: readonly KeptTelegram[]) => void): Kept {
  let waiting: KeptTelegram[] = []
  let cancel: Cancel | null = null
  const flush = (): void => {
    cancel?.()
    cancel = null
    const telegrams = waiting
    waiting = []
    try {
      if (telegrams.length > 0) write(telegrams)
    } catch (err) {
      log.warn({ err, telegrams: telegrams.length }, 'the telegrams behind readings could not be kept: those cannot be decoded again')
    }
  }
  return {
    add({ meter, heard, telegram }, { day }) {
      if (telegram === undefined) return
      waiting.push({ meter, day, heardAt: heard.utcMs, ...telegram })
      cancel ??= clock.after(LONGEST_WAIT_MS, flush)
    },
    forget(meter) {
      waiting = waiting.filter((telegram) => telegram.meter !== meter)
    },
    stop: flush,
  }
}
