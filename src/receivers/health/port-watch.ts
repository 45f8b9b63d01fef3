import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import type { Telegram } from '../../wmbus/telegram.ts'
import { GOOD_MS } from '../ports/keep-open.ts'
import type { PortState, ReceiverHealth } from '../receiver.ts'
import { type TellReceiver, type Watch, type WatchParts, watchSilence } from './watch.ts'

interface PortWatchParts extends Pick<WatchParts, 'able' | 'take'> {
  readonly spec: Pick<ReceiverHealth, 'name' | 'at'>
  readonly clock: Clock
  readonly log: Log
  readonly tell: TellReceiver
  /** Its port is open and what is behind it is set up. `again`: the last time it held a moment only. */
  receiving(again: boolean): void
}

/** What is known of a receiver whoever speaks there: the state of its port, what keeps it from hearing, how long it has been silent. */
export interface PortWatch {
  readonly silence: Watch
  current(): PortState
  heard(telegram: Telegram): void
  state(state: PortState, trouble: string | null): void
  /** See `Receiver`. */
  reset(): boolean
  health(): Pick<ReceiverHealth, 'state' | 'trouble' | 'reopened' | 'lastTelegramMs' | 'lastRssi'>
}

export function watchPort({ spec: { name, at }, clock, log, tell, able, take, receiving }: PortWatchParts): PortWatch {
  let current: PortState = 'closed'
  let trouble: string | null = null
  const news = newsOf(clock)
  let openings = 0
  let last: Telegram | null = null
  const silence = watchSilence({
    clock,
    able,
    take,
    silent: ({ why, ...facts }) => tell('receiver.silent', { receiver: name, ...facts, why: trouble ?? why }),
    back: (facts) => tell('receiver.back', { receiver: name, ...facts }),
  })
  return {
    silence,
    current: () => current,
    heard(telegram) {
      last = telegram
      silence.heard(telegram.heard.monotonicMs)
    },
    state(state, why) {
      current = state
      if (news.isNews(state, why)) log.warn({ receiver: name, at }, why!)
      if (state !== 'opening') trouble = why
      if (state === 'opening') silence.start()
      if (state === 'closed' || state === 'ended') silence.stop()
      if (state !== 'receiving') return
      openings++
      receiving(news.heldShortly())
    },
    reset() {
      if (current !== 'receiving') return false
      silence.reset()
      return true
    },
    health() {
      const silent = current === 'receiving' ? silence.trouble() : null
      return {
        state: silent === null ? current : 'silent',
        trouble: trouble ?? silent,
        reopened: Math.max(0, openings - 1),
        lastTelegramMs: last?.heard.monotonicMs ?? null,
        lastRssi: last?.rssi ?? null,
      }
    },
  }
}

/** What came and went within a moment and ends as the last time is told once: a program that is not there would fill the journal. */
function newsOf(clock: Clock) {
  let told: string | null = null
  let receivingMs: number | null = null
  let heldShortly = false
  return {
    /** Is that the trouble for the first time since it last held? */
    isNews(state: PortState, why: string | null): boolean {
      if (receivingMs !== null) heldShortly = clock.monotonicMs() - receivingMs < GOOD_MS
      if (receivingMs !== null && !heldShortly) told = null
      receivingMs = state === 'receiving' ? clock.monotonicMs() : null
      const isNews = why !== null && why !== told
      told = why ?? told
      return isNews
    },
    heldShortly: () => heldShortly,
  }
}
