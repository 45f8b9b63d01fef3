import type { Clock } from '../clock.ts'

/** Resolves after `ms`, as soon as the signal aborts, or when the function handed to `wakeable` is called. */
export const pause = (clock: Clock, ms: number, signal: AbortSignal, wakeable: (wake: () => void) => void = () => {}): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const wake = (): void => {
      cancel()
      signal.removeEventListener('abort', wake)
      resolve()
    }
    const cancel = clock.after(ms, wake)
    signal.addEventListener('abort', wake)
    wakeable(wake)
  })
