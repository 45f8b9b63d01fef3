import { type Cancel, type Clock, now } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Telegram } from '../wmbus/telegram.ts'
import type { Dialect, DialectContext, Losses } from './dialect.ts'
import { watchPort } from './health/port-watch.ts'
import type { TellReceiver } from './health/watch.ts'
import type { Session } from './ports/keep-open.ts'
import type { ReceiverHealth } from './receiver.ts'
import { type Talk, talkIn } from './talk.ts'

export interface ReceiverSession extends Session {
  deliverTo(deliver: (telegram: Telegram) => void): void
  /** See `Receiver`. */
  reset(): boolean
  health(): ReceiverHealth
}

/** Speaks a dialect over a port that opens again and again, counts, and watches over silence. */
export function receiverSession(
  { name, use, at }: Pick<ReceiverHealth, 'name' | 'use' | 'at'>,
  dialectFor: (context: DialectContext) => Dialect,
  clock: Clock,
  log: Log,
  tell: TellReceiver = () => {},
): ReceiverSession {
  const losses: Losses = { skipped: 0, badChecksums: 0 }
  const talk = talkIn(() => dialectFor({ receiver: name, losses }), clock)
  const ear = earAt(talk, clock, (telegram) => port.heard(telegram))
  const port = watchPort({
    ...{ spec: { name, at }, clock, log, tell },
    able: () => (port.current() === 'receiving' ? talk.able() : []),
    take(step, why, done) {
      log[step === 'asked' ? 'debug' : 'warn']({ receiver: name, at, step }, why)
      talk.take(step, why, done)
    },
    receiving(again) {
      port.silence.receiving()
      log[again ? 'debug' : 'info']({ receiver: name, at, device: talk.about() || undefined }, 'receiving')
    },
  })
  return {
    greet: talk.begin,
    data: ear.data,
    hangUp(ended) {
      ear.over(ended)
      talk.end()
      port.silence.hungUp()
    },
    state(state, why) {
      port.state(state, why)
      if (state === 'ended') log.info({ receiver: name, at }, 'the source has ended')
    },
    deliverTo: ear.deliverTo,
    reset: port.reset,
    health: () => ({
      ...{ name, use, at, ...ear.counts, ...losses, ...port.health() },
      ...{ recoveries: port.silence.taken(), device: talk.about() },
    }),
  }
}

/** Counts bytes and telegrams, hands these on, and flushes what is half here once the dialect’s patience is over. */
function earAt(talk: Talk, clock: Clock, heard: (telegram: Telegram) => void) {
  const counts = { telegrams: 0, bytes: 0 }
  let deliver: (telegram: Telegram) => void = () => {}
  let cancelPatience: Cancel = () => {}
  const hand = (telegrams: readonly Telegram[]): void => {
    for (const telegram of telegrams) {
      counts.telegrams++
      heard(telegram)
      deliver(telegram)
    }
  }
  const flush = (): void => hand(talk.flush(now(clock)))
  return {
    counts,
    deliverTo(to: (telegram: Telegram) => void): void {
      deliver = to
    },
    data(bytes: Uint8Array): void {
      counts.bytes += bytes.length
      cancelPatience()
      hand(talk.feed(bytes, now(clock)))
      const patienceMs = talk.patienceMs()
      if (patienceMs !== null) cancelPatience = clock.after(patienceMs, flush)
    },
    /** `ended`: nothing was torn off. */
    over(ended: boolean): void {
      cancelPatience()
      if (ended) flush()
    },
  }
}
