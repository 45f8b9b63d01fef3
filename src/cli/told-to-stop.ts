import { type Clock, systemClock } from '../clock.ts'

/** Who passes signals on (timeout, sudo, npm) is in the same process group as we are: what comes twice within this time came once. */
const SAME_MS = 500
const SIGNALS = ['SIGINT', 'SIGTERM'] as const

const passOver = (): void => {}

/** Ends a wait: a signal, or nobody who reads any more. A second signal does not wait. */
export function toldToStop(clock: Clock = systemClock()): { readonly stopped: Promise<string>; forget(): void } {
  let stop = (_: unknown): void => {}
  let toldMs: number | null = null
  const stopped = new Promise<string>((resolve) => {
    stop = (why) => {
      if (toldMs !== null && clock.monotonicMs() - toldMs > SAME_MS) process.exit(1)
      toldMs ??= clock.monotonicMs()
      resolve(String(why))
    }
  })
  process.stdout.on('error', stop)
  for (const signal of SIGNALS) process.on(signal, stop)
  return {
    stopped,
    forget() {
      process.stdout.off('error', stop)
      for (const signal of SIGNALS) {
        process.off(signal, stop)
        // Its twin may be on its way still, and would kill.
        if (toldMs !== null && !process.listeners(signal).includes(passOver)) process.on(signal, passOver)
      }
    },
  }
}
