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

/** A meter's question of a day. */
export interface Asked {
  readonly day: string
  /** How often it may be asked again; null once it has answered, or is given up. */
  readonly triesLeft: number | null
}

/** The last question of each meter that was sent on schedule, through restarts. */
export interface AskedBook {
  get(meter: string): Asked | undefined
  /** Stored when it returns. Throws where the disk refuses. */
  put(meter: string, asked: Asked): void
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
  readonly asked: AskedBook
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

/** The disk may have room again then. */
const AGAIN_MS = 5 * 60_000

interface Question {
  /** When it is asked, or was; later than ever while the modem has it. */
  readonly ms: number
  readonly triesLeft: number
}
type Questions = Map<string, Question>

/** Planned, and sent without an answer yet. */
interface Pending {
  readonly due: Questions
  readonly open: Questions
}

interface Running extends Pending {
  readonly counts: { sent: number; answered: number; unanswered: number }
}

type Put = (meter: string, triesLeft: number) => ReturnType<Asking['ask']>

export function openAsking(parts: AskingParts): Asking {
  const running: Running = { due: new Map(), open: new Map(), counts: { sent: 0, answered: 0, unanswered: 0 } }
  const { due, open, counts } = running
  const put = putting(parts, running)
  const stop = parts.clock.every(TICK_MS, ticking(parts, running, put))
  return {
    ask: (meter) => put(meter, 0),
    answered(meter) {
      const isPending = wasAskedToday(parts, meter)
      if (open.delete(meter) || isPending) counts.answered++
      if (due.delete(meter) || isPending) note(parts, meter, null)
    },
    stop,
    state: () => ({ ...counts, waiting: due.size + open.size }),
  }
}

function putting(parts: AskingParts, { open, counts }: Running): Put {
  const { clock } = parts
  const mayAsk = limited(parts)
  return async (meter, triesLeft) => {
    if (!mayAsk()) return 'limit'
    counts.sent++
    open.set(meter, { ms: Number.POSITIVE_INFINITY, triesLeft })
    const sent = await parts.send(meter)
    if (open.has(meter)) open.set(meter, { ms: clock.monotonicMs(), triesLeft })
    return sent ? 'asked' : 'not sent'
  }
}

/** What is done once a minute. */
function ticking(parts: AskingParts, { due, open, counts }: Running, put: Put): () => void {
  const { schedule, clock, log } = parts
  const plan = schedule ? planning(parts, schedule, { due, open }) : () => {}
  const ask = async (meter: string, triesLeft: number): Promise<void> => {
    try {
      if ((await put(meter, triesLeft)) === 'asked') note(parts, meter, open.has(meter) ? triesLeft : null)
    } catch (err) {
      log.error({ err, meter }, 'a question to a module could not be counted, and was not sent: it is tried again')
      due.set(meter, { ms: clock.monotonicMs() + AGAIN_MS, triesLeft })
    }
  }
  return () => {
    const nowMs = clock.monotonicMs()
    plan()
    for (const [meter, triesLeft] of takenBefore(open, nowMs - ANSWER_MS)) {
      if (triesLeft > 0) {
        due.set(meter, { ms: nowMs, triesLeft: triesLeft - 1 })
        continue
      }
      counts.unanswered++
      log.warn({ meter }, 'the module of a meter did not answer')
      if (wasAskedToday(parts, meter)) note(parts, meter, null)
    }
    for (const [meter, triesLeft] of takenBefore(due, nowMs)) void ask(meter, triesLeft)
  }
}

/** Whether one more may be sent today; counted where it may. Told once a day where it may not. */
function limited({ perDay, now, sentToday, log }: AskingParts): () => boolean {
  let told = ''
  return () => {
    const day = now()?.day ?? ''
    const [last, count] = (sentToday.get() ?? '').split(' ')
    const sent = last === day ? Number(count) : 0
    if (sent < perDay) {
      sentToday.set(`${day} ${sent + 1}`)
      return true
    }
    if (told !== day) log.warn({ perDay }, 'as many questions as sms.ask.perDay allows were sent today: the others wait for tomorrow')
    told = day
    return false
  }
}

/** Whether its question of today may still be answered. */
function wasAskedToday({ now, asked }: AskingParts, meter: string): boolean {
  const last = asked.get(meter)
  return last !== undefined && last.triesLeft !== null && last.day === now()?.day
}

/** What is not written costs a question more after a restart, and no reading. */
function note({ now, asked, log }: AskingParts, meter: string, triesLeft: number | null): void {
  const day = now()?.day
  if (day === undefined) return
  try {
    asked.put(meter, { day, triesLeft })
  } catch (err) {
    log.error({ err, meter }, 'that a meter was asked today could not be written: it may be asked twice after a restart')
  }
}

/** All meters, once a day, each at its own moment. What was asked before a restart is not asked again, only waited for; the others are. */
function planning(parts: AskingParts, { at, jitterMs, retries }: Schedule, { due, open }: Pending): () => void {
  const { now, meters, asked, clock, random } = parts
  let planned: string | null = null
  return () => {
    const today = now()
    if (today === null || today.time < at || planned === today.day) return
    planned = today.day
    const ms = clock.monotonicMs()
    for (const meter of meters()) {
      const last = asked.get(meter)
      if (last?.day !== today.day) due.set(meter, { ms: ms + random() * jitterMs, triesLeft: retries })
      else if (last.triesLeft !== null) open.set(meter, { ms, triesLeft: last.triesLeft })
    }
  }
}

/** Takes out those of no later than that. */
function takenBefore(questions: Questions, ms: number): readonly (readonly [meter: string, triesLeft: number])[] {
  const over = [...questions].filter(([, question]) => question.ms <= ms)
  for (const [meter] of over) questions.delete(meter)
  return over.map(([meter, { triesLeft }]) => [meter, triesLeft])
}
