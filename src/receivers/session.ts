import { type Cancel, type Clock, now } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Telegram } from '../wmbus/telegram.ts'
import type { Dialect, DialectContext, Losses, Step } from './dialect.ts'
import { watchPort } from './health/port-watch.ts'
import type { RecoveryStep } from './health/recovery.ts'
import type { TellReceiver } from './health/watch.ts'
import type { Session } from './ports/keep-open.ts'
import type { ReceiverHealth } from './receiver.ts'
import { type Dialogue, startDialogue } from './sticks/dialogue.ts'

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
  const counts = { telegrams: 0, bytes: 0 }
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
    if (port.current() !== 'receiving' || dialect === null) return []
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
  const port = watchPort({
    spec: { name, at },
    clock,
    log,
    tell,
    able,
    take,
    receiving() {
      port.silence.receiving()
      log.info({ receiver: name, at, device: dialect?.about?.() }, 'receiving')
    },
  })

  const hand = (telegrams: readonly Telegram[]): void => {
    for (const telegram of telegrams) {
      counts.telegrams++
      port.heard(telegram)
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
      port.silence.hungUp()
      if (ended) flush()
      dialect = null
      dialogue = null
    },
    state(state, why) {
      port.state(state, why)
      if (state === 'ended') log.info({ receiver: name, at }, 'the source has ended')
    },
    deliverTo(to) {
      deliver = to
    },
    reset: port.reset,
    health: () => ({
      name,
      use,
      at,
      telegrams: counts.telegrams,
      bytes: counts.bytes,
      ...losses,
      ...port.health(),
      recoveries: port.silence.taken(),
      device: dialect?.about?.() ?? '',
    }),
  }
}
