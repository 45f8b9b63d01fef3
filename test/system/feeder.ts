import type { Socket } from 'node:net'
import type { Clock } from '../../src/clock.ts'
import { hexOf } from '../support/telegrams.ts'
import type { MeterOnAir } from './meters.ts'

const EVERY_MS = 30 * 60_000
/** Of the world: smaller than the clock's minutes would only be more work. */
const TICK_MS = 50

export interface Air {
  readonly clock: Clock
  readonly meters: readonly MeterOnAir[]
  /** When the n-th meter is first heard, after the start. */
  readonly offsetMs: (n: number) => number
  readonly untilUtcMs: number
}

/** Hex lines of what each meter sends every half hour, to whoever is connected then; who is not does not hear. Returns `stop`. */
export const feed = (sockets: ReadonlySet<Socket>, { clock, meters, offsetMs, untilUtcMs }: Air): (() => void) => {
  const startUtcMs = clock.utcMs()!
  const next = meters.map((_, n) => startUtcMs + offsetMs(n))
  const due = (upToUtcMs: number): string =>
    meters
      .flatMap((meter, n) => {
        const lines: string[] = []
        for (; next[n]! <= upToUtcMs; next[n]! += EVERY_MS) lines.push(`${hexOf(meter.telegram(next[n]!))}\n`)
        return lines
      })
      .join('')
  const timer = setInterval(() => {
    const lines = due(Math.min(clock.utcMs()!, untilUtcMs))
    if (lines !== '') for (const socket of sockets) socket.write(lines)
  }, TICK_MS)
  return () => clearInterval(timer)
}
