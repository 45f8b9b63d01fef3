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
  /** The day of the last question and how many there were that day, `2026-11-24 17`, through restarts. */
  readonly sentToday: Kept
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
type Questions = Map<string, Question>

export function openAsking(parts: AskingParts): Asking {
  const { schedule, clock, log } = parts
  const due: Questions = new Map()
  const open: Questions = new Map()
  const counts = { sent: 0, answered: 0, unanswered: 0 }
  const mayAsk = limited(parts)

  const put = async (meter: string, triesLeft: number): Promise<'asked' | 'limit' | 'not sent'> => {
    if (!mayAsk()) return 'limit'
    counts.sent++
    open.set(meter, { ms: clock.monotonicMs(), triesLeft })
    return (await parts.send(meter)) ? 'asked' : 'not sent'
  }
  const tick = (): void => {
    const nowMs = clock.monotonicMs()
    if (schedule) plan(parts, schedule, due)
    for (const [meter, triesLeft] of takenBefore(open, nowMs - ANSWER_MS)) {
      if (triesLeft > 0) due.set(meter, { ms: nowMs, triesLeft: triesLeft - 1 })
      else {
        counts.unanswered++
        log.warn({ meter }, 'the module of a meter did not answer')
      }
    }
    for (const [meter, triesLeft] of takenBefore(due, nowMs)) void put(meter, triesLeft)
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

/** Whether one more may be sent today; counted where it may. */
function limited({ perDay, now, sentToday }: AskingParts): () => boolean {
  return () => {
    const day = now()?.day ?? ''
    const [last, count] = (sentToday.get() ?? '').split(' ')
    const sent = last === day ? Number(count) : 0
    if (sent >= perDay) return false
    sentToday.set(`${day} ${sent + 1}`)
    return true
  }
}

/** All meters, once a day, each at its own moment. */
function plan({ now, lastDay, meters, clock, random }: AskingParts, { at, jitterMs, retries }: Schedule, due: Questions): void {
  const today = now()
  if (today === null || today.time < at || lastDay.get() === today.day) return
  lastDay.set(today.day)
  for (const meter of meters()) due.set(meter, { ms: clock.monotonicMs() + random() * jitterMs, triesLeft: retries })
}

/** Takes out those of no later than that. */
function takenBefore(questions: Questions, ms: number): readonly (readonly [meter: string, triesLeft: number])[] {
  const over = [...questions].filter(([, question]) => question.ms <= ms)
  for (const [meter] of over) questions.delete(meter)
  return over.map(([meter, { triesLeft }]) => [meter, triesLeft])
}
