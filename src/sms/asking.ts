/** Asks modules that answer only: on a schedule, or one now. Each question costs an SMS, so they are counted and limited. */

import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Kept } from './modem/pin-file.ts'

export interface Schedule {
  /** Local time of day, `05:00`. */
  readonly at: string
  /** Questions are spread over this time. */
  readonly jitterMs: number
  /** How often a meter is asked again that did not answer. */
  readonly retries: number
}

export interface AskingParts {
  /** Off where it is null: then only who is named is asked. */
  readonly schedule: Schedule | null
  /** Questions a day, whoever asks. */
  readonly perDay: number
  readonly clock: Clock
  readonly log: Log
  /** Every meter that has a sender. */
  meters(): readonly string[]
  /** Sends the question to a meter's module; false where the modem did not confirm it. */
  send(meter: string): Promise<boolean>
  /** The local day and time now; null while the time is not known. */
  now(): { readonly day: string; readonly time: string } | null
  /** The last day all were asked, through restarts. */
  readonly lastDay: Kept
  random(): number
}

export interface AskingState {
  /** Since the start. */
  readonly sent: number
  readonly answered: number
  readonly unanswered: number
  readonly waiting: number
}

export interface Asking {
  /** Sends it now; a word for why not. */
  ask(meter: string): Promise<'asked' | 'limit' | 'not sent'>
  /** A message of this meter was accepted. */
  answered(meter: string): void
  stop(): void
  state(): AskingState
}

const TICK_MS = 60_000
/** Modules read their meter first, and networks take their time. */
const ANSWER_MS = 30 * 60_000

interface Question {
  /** When it is asked, or was. */
  readonly ms: number
  readonly triesLeft: number
}

export function openAsking(parts: AskingParts): Asking {
  const { schedule, clock, log } = parts
  const due = new Map<string, Question>()
  const open = new Map<string, Question>()
  const counts = { sent: 0, answered: 0, unanswered: 0 }
  const today = { day: '', sent: 0 }

  const mayAsk = (): boolean => {
    const day = parts.now()?.day ?? ''
    if (day !== today.day) Object.assign(today, { day, sent: 0 })
    return today.sent < parts.perDay
  }
  const put = async (meter: string, triesLeft: number): Promise<'asked' | 'limit' | 'not sent'> => {
    if (!mayAsk()) return 'limit'
    today.sent++
    counts.sent++
    open.set(meter, { ms: clock.monotonicMs(), triesLeft })
    return (await parts.send(meter)) ? 'asked' : 'not sent'
  }
  /** All meters, once a day, each at its own moment. */
  const plan = ({ at, jitterMs, retries }: Schedule): void => {
    const now = parts.now()
    if (now === null || now.time < at || parts.lastDay.get() === now.day) return
    parts.lastDay.set(now.day)
    for (const meter of parts.meters()) due.set(meter, { ms: clock.monotonicMs() + parts.random() * jitterMs, triesLeft: retries })
  }
  const giveUp = (meter: string): void => {
    counts.unanswered++
    log.warn({ meter }, 'the module of a meter did not answer')
  }
  const tick = (): void => {
    if (schedule) plan(schedule)
    const nowMs = clock.monotonicMs()
    for (const [meter, { ms, triesLeft }] of open) {
      if (nowMs - ms < ANSWER_MS) continue
      open.delete(meter)
      if (triesLeft > 0) due.set(meter, { ms: nowMs, triesLeft: triesLeft - 1 })
      else giveUp(meter)
    }
    for (const [meter, { ms, triesLeft }] of due) {
      if (ms > nowMs) continue
      due.delete(meter)
      void put(meter, triesLeft)
    }
  }
  const stop = clock.every(TICK_MS, tick)
  return {
    ask: (meter) => put(meter, 0),
    answered(meter) {
      due.delete(meter)
      if (open.delete(meter)) counts.answered++
    },
    stop,
    state: () => ({ ...counts, waiting: due.size + open.size }),
  }
}
