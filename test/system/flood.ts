import { setTimeout as sleep } from 'node:timers/promises'
import { hexOf } from '../support/telegrams.ts'
import { metersOnAir } from './meters.ts'

const METERS = 3_000
const PER_SECOND = 5_000
const TICK_MS = 20
const MINUTE_MS = 60_000

/** All of a city's meters in turn, two in three of them encrypted, each minute of theirs another round. */
export const floodFrom = (startMs: number) => {
  const meters = metersOnAir(METERS, startMs)
  const telegram = (n: number): string =>
    hexOf(meters[n % meters.length]!.telegram(startMs + (1 + Math.floor(n / meters.length)) * MINUTE_MS))
  return {
    meters,
    /** Says 5,000 telegrams a second, as hex, for so many seconds, or slower where `say` is waited for; how many, and in how many seconds. */
    async pour(
      seconds: number,
      say: (lines: readonly string[]) => Promise<unknown>,
    ): Promise<{ readonly sent: number; readonly tookS: number }> {
      const all = seconds * PER_SECOND
      const beganMs = performance.now()
      for (let sent = 0; sent < all; ) {
        const due = Math.min(Math.floor(((performance.now() - beganMs) / 1_000) * PER_SECOND), all)
        const first = sent
        if (due > first) await say(Array.from({ length: due - first }, (_, n) => telegram(first + n)))
        sent = due
        await sleep(TICK_MS)
      }
      return { sent: all, tookS: (performance.now() - beganMs) / 1_000 }
    },
  }
}
