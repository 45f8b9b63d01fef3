import { type Cancel, type Clock, now } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Telegram } from '../wmbus/telegram.ts'
import type { Dialect, DialectContext, Losses, Step } from './dialect.ts'
import { type Dialogue, startDialogue } from './dialogue.ts'
import type { Session } from './keep-open.ts'
import type { PortState, ReceiverHealth } from './receiver.ts'
import type { RecoveryStep } from './recovery.ts'
import { type TellReceiver, watchSilence } from './watch.ts'

export interface ReceiverSession extends Session {
  deliverTo(deliver: (telegram: Telegram) => void): void
  /** See `Receiver`. */
  reset(): boolean
  health(): ReceiverHealth
}

const sayNothing: TellReceiver = () => {}

/**
 * Speaks a dialect over a port that opens again and again, counts, and watches over silence. Every setting-up gets a new dialect:
 * nothing half survives.
 */
export function receiverSession(
  { name, use, at }: Pick<ReceiverHealth, 'name' | 'use' | 'at'>,
  dialectFor: (context: DialectContext) => Dialect,
  clock: Clock,
  log: Log,
  tell: TellReceiver = sayNothing,
): ReceiverSession {
  const losses: Losses = { skipped: 0, badChecksums: 0 }
  const counts = { telegrams: 0, bytes: 0, openings: 0 }
  let current: PortState = 'closed'
  let trouble: string | null = null
  let lastTelegramMs: number | null = null
  let deliver: (telegram: Telegram) => void = () => {}
  let dialect: Dialect | null = null
  let dialogue: Dialogue | null = null
  let cancelPatience: Cancel = () => {}
  let write: (bytes: Uint8Array) => void = () => {}
  let opened: (trouble: string | null) => void = () => {}

  const speak = (steps: readonly Step[], done: (trouble: string | null) => void): void => {
    dialogue?.cancel()
    dialogue = startDialogue(steps, (bytes) => write(bytes), done, clock)
  }
  const setUp = (done: (trouble: string | null) => void): void => {
    dialect = dialectFor({ receiver: name, losses })
    speak(dialect.dialogue, done)
  }
  /** What this dialect can do about silence, while the port is open and the device set up. */
  const able = (): RecoveryStep[] => {
    if (current !== 'receiving' || dialect === null) return []
    const { alive, dialogue, reset } = dialect
    return [
      ...(alive ? ['asked' as const] : []),
      ...(dialogue.length > 0 ? ['set up' as const] : []),
      ...(reset ? ['reset' as const] : []),
      'reopened',
    ]
  }
  const take = (step: RecoveryStep, why: string, done: (trouble: string | null) => void): void => {
    log[step === 'asked' ? 'debug' : 'warn']({ receiver: name, at, step }, why)
    if (step === 'reopened') opened(why)
    else if (step === 'asked') speak(dialect?.alive ? [dialect.alive] : [], done)
    else if (step === 'set up') setUp(done)
    // Not even answered: whether the setting-up is, tells.
    else speak(dialect?.reset ?? [], () => setUp(done))
  }
  const watch = watchSilence({
    clock,
    able,
    take,
    silent: ({ why, ...facts }) => tell('receiver.silent', { receiver: name, ...facts, why: trouble ?? why }),
    back: (facts) => tell('receiver.back', { receiver: name, ...facts }),
  })

  const hand = (telegrams: readonly Telegram[]): void => {
    for (const telegram of telegrams) {
      counts.telegrams++
      lastTelegramMs = telegram.heard.monotonicMs
      watch.heard(lastTelegramMs)
      deliver(telegram)
    }
  }
  const flush = (): void => hand(dialect?.flush(now(clock)) ?? [])

  return {
    greet(toDevice, done) {
      write = toDevice
      opened = done
      setUp(done)
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
      watch.hungUp()
      if (ended) flush()
      dialect = null
      dialogue = null
    },
    state(state, why) {
      current = state
      if (why !== null && why !== trouble) log.warn({ receiver: name, at }, why)
      if (state !== 'opening') trouble = why
      if (state === 'opening') watch.start()
      if (state === 'closed' || state === 'ended') watch.stop()
      if (state === 'ended') log.info({ receiver: name, at }, 'the source has ended')
      if (state !== 'receiving') return
      counts.openings++
      watch.receiving()
      log.info({ receiver: name, at, device: dialect?.about?.() }, 'receiving')
    },
    deliverTo(to) {
      deliver = to
    },
    reset() {
      if (current !== 'receiving') return false
      watch.reset()
      return true
    },
    health() {
      const silence = current === 'receiving' ? watch.trouble() : null
      return {
        name,
        use,
        at,
        state: silence === null ? current : 'silent',
        trouble: trouble ?? silence,
        telegrams: counts.telegrams,
        bytes: counts.bytes,
        ...losses,
        reopened: Math.max(0, counts.openings - 1),
        recoveries: watch.taken(),
        device: dialect?.about?.() ?? '',
        lastTelegramMs,
      }
    },
  }
}
