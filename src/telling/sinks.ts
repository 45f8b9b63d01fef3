/** Ways out that take nothing for long, and messages that were given up. */
import type { Clock } from '../clock.ts'
import type { SinkStatus } from '../delivery.ts'
import type { Tell } from '../events.ts'

/** What waits and does not get less for so long is a backlog. */
const BACKLOG_MS = 3_600_000

interface Known {
  waiting: number
  refused: number
  /** Since when it has not got less. */
  sinceMs: number
  told: boolean
}

/** Looks once, to be called every minute or so. */
export function watchSinks(clock: Clock, state: () => readonly SinkStatus[], tell: Tell): () => void {
  const known = new Map<string, Known>()
  const look = ({ sink, live, backlog, held, refused, connected, trouble }: SinkStatus): void => {
    const waiting = live + backlog + held
    const nowMs = clock.monotonicMs()
    const last = known.get(sink) ?? { waiting, refused, sinceMs: nowMs, told: false }
    const moves = waiting === 0 || (connected && waiting < last.waiting)
    const sinceMs = moves ? nowMs : last.sinceMs
    const late = nowMs - sinceMs >= BACKLOG_MS
    if (late && !last.told) tell('sink.backlog', { sink, waiting, connected, reason: trouble?.reason ?? null })
    if (moves && last.told) tell('sink.back', { sink, waiting })
    if (refused > last.refused) tell('sink.refused', { sink, refused, reason: trouble?.reason ?? null })
    known.set(sink, { waiting, refused, sinceMs, told: late || (last.told && !moves) })
  }
  return () => {
    for (const sink of state()) look(sink)
  }
}
