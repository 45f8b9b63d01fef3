import type { Clock } from '../clock.ts'
import { pause } from '../delivery/pause.ts'
import type { Log } from '../log.ts'

/** All of the stop; systemd kills after ten seconds. */
const STOP_MS = 8_000

export interface Undoing {
  /** Done at the stop, the last one first. */
  onStop(step: () => void | Promise<void>): void
  /** Ends within `STOP_MS`: a part that takes longer is left behind, and the others have their turn. Never rejects. */
  stop(): Promise<void>
}

export function undoing(clock: Clock, log: Log): Undoing {
  const steps: (() => void | Promise<void>)[] = []
  const took = async (step: () => void | Promise<void>): Promise<'done'> => {
    await Promise.resolve()
      .then(step)
      .catch((err) => log.error({ err }, 'a part did not stop cleanly'))
    return 'done'
  }
  const stop = async (): Promise<void> => {
    const over = new AbortController()
    const late = pause(clock, STOP_MS, over.signal).then(() => 'late' as const)
    for (const step of steps.splice(0).reverse())
      if ((await Promise.race([took(step), late])) === 'late') log.error({}, 'a part did not stop in time and is left behind')
    over.abort()
  }
  return { onStop: (step) => void steps.push(step), stop }
}
