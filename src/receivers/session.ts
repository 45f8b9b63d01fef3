import { type Cancel, type Clock, now } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Telegram } from '../wmbus/telegram.ts'
import type { Dialect, DialectContext, Losses } from './dialect.ts'
import { type Dialogue, startDialogue } from './dialogue.ts'
import type { Session } from './keep-open.ts'
import type { ReceiverHealth, ReceiverState } from './receiver.ts'

export interface ReceiverSession extends Session {
  deliverTo(deliver: (telegram: Telegram) => void): void
  health(): ReceiverHealth
}

/** Speaks a dialect over a port that opens again and again, and counts. Every opening gets a new dialect: nothing half survives. */
export function receiverSession(
  { name, use, at }: Pick<ReceiverHealth, 'name' | 'use' | 'at'>,
  dialectFor: (context: DialectContext) => Dialect,
  clock: Clock,
  log: Log,
): ReceiverSession {
  const losses: Losses = { skipped: 0, badChecksums: 0 }
  const counts = { telegrams: 0, bytes: 0, openings: 0 }
  let current: ReceiverState = 'closed'
  let trouble: string | null = null
  let lastTelegramMs: number | null = null
  let deliver: (telegram: Telegram) => void = () => {}
  let dialect: Dialect | null = null
  let dialogue: Dialogue | null = null
  let cancelPatience: Cancel = () => {}

  const hand = (telegrams: readonly Telegram[]): void => {
    for (const telegram of telegrams) {
      counts.telegrams++
      lastTelegramMs = telegram.heard.monotonicMs
      deliver(telegram)
    }
  }
  const flush = (): void => hand(dialect?.flush(now(clock)) ?? [])

  return {
    greet(write, done) {
      dialect = dialectFor({ receiver: name, losses })
      dialogue = startDialogue(dialect.dialogue, write, done, clock)
    },
    data(bytes) {
      counts.bytes += bytes.length
      cancelPatience()
      if (dialect === null) return
      hand(dialect.feed(bytes, now(clock), dialogue?.answered))
      if (dialect.patienceMs !== null) cancelPatience = clock.after(dialect.patienceMs, flush)
    },
    hangUp(ended) {
      cancelPatience()
      dialogue?.cancel()
      if (ended) flush()
      dialect = null
      dialogue = null
    },
    state(state, why) {
      current = state
      if (why !== null && why !== trouble) log.warn({ receiver: name, at }, why)
      if (state !== 'opening') trouble = why
      if (state === 'ended') log.info({ receiver: name, at }, 'the source has ended')
      if (state !== 'receiving') return
      counts.openings++
      log.info({ receiver: name, at, device: dialect?.about?.() }, 'receiving')
    },
    deliverTo(to) {
      deliver = to
    },
    health: () => ({
      name,
      use,
      at,
      state: current,
      trouble,
      telegrams: counts.telegrams,
      bytes: counts.bytes,
      ...losses,
      reopened: Math.max(0, counts.openings - 1),
      lastTelegramMs,
    }),
  }
}
