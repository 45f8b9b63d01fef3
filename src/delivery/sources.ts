import type { Clock } from '../clock.ts'
import type { Outgoing, Verdict } from '../sinks/sink.ts'
import type { Lane, Outbox } from '../store/outbox/messages.ts'

/** Most messages in RAM at once, and sent twice after a broken line. A batch is one transaction: with 20 the disk would be the limit. */
export const BATCH = 100
const RETRY_HELD_MS = 300_000
/** How often, and how many at once, readings that billing has not confirmed are looked for. */
const UNCONFIRMED = { everyMs: 60_000, most: 1_000 }

/** What this sink reads from: a lane of the outbox, or the held messages that are due. */
export interface Source {
  take(limit: number): readonly Outgoing[]
  settle(batch: readonly Outgoing[], results: readonly Verdict[], reason: string | null): void
  /** Most messages of the next batch. */
  limit: number
  /** How often in a row one message alone broke the line. */
  breaks: number
}

/** Today and the backlog take turns, then what is held and due. */
export const newSources = (sink: string, outbox: Outbox, clock: Clock): readonly Source[] => {
  // Without the time a held message is due as soon as the time is known.
  const retryAt = (): number => (clock.utcMs() ?? 0) + RETRY_HELD_MS
  const lane = (name: Lane): Source => ({
    take: (limit) => outbox.pending(sink, name, limit),
    settle: (batch, results, reason) => outbox.settle(sink, batch, results, reason, retryAt()),
    limit: BATCH,
    breaks: 0,
  })
  let resumeMs = 0
  let lookMs = 0
  const lookForUnconfirmed = (utcMs: number): void => {
    if (clock.monotonicMs() < lookMs) return
    lookMs = clock.monotonicMs() + UNCONFIRMED.everyMs
    outbox.resendUnconfirmed(sink, utcMs, UNCONFIRMED.most)
  }
  const due: Source = {
    take(limit) {
      const utcMs = clock.utcMs()
      if (utcMs === null || clock.monotonicMs() < resumeMs) return []
      lookForUnconfirmed(utcMs)
      return outbox.due(sink, utcMs, limit)
    },
    settle(batch, results, reason) {
      outbox.settleDue(sink, batch, results, reason, retryAt())
      // While nobody is subscribed one batch is asking enough; a hundred thousand would wear out the disk.
      if (results.every((result) => result === 'held')) resumeMs = clock.monotonicMs() + RETRY_HELD_MS
    },
    limit: BATCH,
    breaks: 0,
  }
  return [lane('live'), lane('backlog'), due]
}
