/** When the message of a day goes out: as it closes, and again with the next issue after its readings have changed. */
import { type Cancel, type Clock, utcText } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Outbox } from '../store/outbox/messages.ts'
import type { Days, Meters } from '../store/store.ts'
import { dayBefore, dayOf } from './day.ts'
import { type DaySummary, dayDraft, daySummary, saysTheSame } from './day-summary.ts'

export interface DayMessagesOptions {
  readonly clock: Clock
  readonly log: Log
  readonly gateway: string
  readonly timeZone: string
  readonly days: Days
  readonly outbox: Pick<Outbox, 'add' | 'flush' | 'onStored'>
  readonly meters: Pick<Meters, 'list'>
}

export interface DayMessages {
  /** The readings of a day are stored and it closes. */
  closing(day: string): void
  /** No message goes out from here on by itself. */
  stop(): void
}

/** Corrections and late readings come in numbers: one issue for all that come within this time. */
const GATHER_MS = 60_000
/** So far back a start looks for readings that came while no daemon could tell of them. */
const LOOK_BACK_DAYS = 8

export function startDayMessages(options: DayMessagesOptions): DayMessages {
  const { clock, log, days, outbox, timeZone } = options
  const changed = new Set<string>()
  /** Days that closed: readings of one that is open yet are no change. */
  const issued = new Set<string>()
  let cancel: Cancel | null = null

  const hasClosed = (day: string): boolean => {
    if (!issued.has(day) && days.summaries(day).length > 0) issued.add(day)
    return issued.has(day)
  }
  const attempt = (day: string): void => {
    try {
      issue(day, options)
      changed.delete(day)
    } catch (err) {
      log.error({ err, day }, 'the message of a day could not be made: it is tried again in a minute. Is the disk well?')
      changed.add(day)
    }
  }
  const later = (): void => {
    if (changed.size > 0) cancel ??= clock.after(GATHER_MS, tell)
  }
  const tell = (): void => {
    cancel = null
    for (const day of [...changed]) attempt(day)
    later()
  }
  outbox.onStored((messages) => {
    for (const { kind, day } of messages) if (kind === 'reading.daily' && day !== null && hasClosed(day)) changed.add(day)
    later()
  })
  const utcMs = clock.utcMs()
  if (utcMs !== null) {
    let since = dayOf(utcMs, timeZone)
    for (let n = 0; n < LOOK_BACK_DAYS; n++) since = dayBefore(since)
    for (const day of days.changed(since)) changed.add(day)
    later()
  }
  return {
    closing(day) {
      attempt(day)
      later()
    },
    stop() {
      cancel?.()
      for (const day of [...changed]) attempt(day)
    },
  }
}

/** Stores the message of a day unless the last one says the same. */
function issue(day: string, { clock, gateway, days, outbox, meters }: DayMessagesOptions): void {
  const [newest] = days.summaries(day)
  const last = newest && (JSON.parse(newest.body) as DaySummary)
  const closedAt = last?.closedAt ?? utcText(clock.utcMs() ?? 0)
  // Of a day that has closed before, only meters that were registered and in service then.
  const isSince = (at: string | null, unknown: boolean): boolean => (at === null ? unknown : Date.parse(at) <= Date.parse(closedAt))
  const registered = meters.list().filter(({ addedAt, retiredAt }) => (!last || isSince(addedAt, true)) && !isSince(retiredAt, false))
  const facts = { gateway, day, closedAt, registered: registered.map(({ meter }) => meter), kept: days.kept(day) }
  const summary = daySummary({ ...facts, issue: (last?.issue ?? 0) + 1 })
  if (last && saysTheSame(last, summary)) return
  outbox.add(dayDraft(summary))
  outbox.flush()
}
