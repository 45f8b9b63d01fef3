/** When days close: each once, in order, at its time by the wall clock, whatever that clock does and however long the daemon was down. */
import type { Cancel, Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Candidates } from '../memory/candidates.ts'
import type { Timed } from './candidate.ts'
import { closesAt, dayBefore, dayOf, nextDay } from './day.ts'

interface DayCloserOptions {
  readonly clock: Clock
  readonly log: Log
  readonly timeZone: string
  readonly toleranceMs: number
  readonly closesAfterMs: number
  readonly candidates: Candidates<Timed>
  /** Emits the readings of a day. */
  publish(day: string): void
  /** Commits what was emitted; false if the disk refuses: what was emitted waits for it then. */
  flush(): boolean
  /** A day's readings are stored, and it is about to count as closed. */
  onClosing?(day: string): void
}

/** Timers follow the monotonic clock, days the wall clock, which may step or become known at any time. */
const LOOK_AGAIN_MS = 60_000
const SAVE_EVERY_MS = 6 * 3_600_000

/** The last day whose time to close has come, and the instants between which it is the last. */
interface Due {
  readonly day: string
  readonly sinceMs: number
  readonly untilMs: number
}

function dueAt(utcMs: number, timeZone: string, closesAfterMs: number): Due {
  const closing = (day: string): number => closesAt(day, timeZone, closesAfterMs)
  let day = dayBefore(dayOf(utcMs, timeZone))
  while (closing(day) > utcMs) day = dayBefore(day)
  return { day, sinceMs: closing(day), untilMs: closing(nextDay(day)) }
}

/**
 * Closes what came due while the daemon was down, then every day at its time. What fails is logged and tried again.
 * Returns `stop`, which writes the candidates; no day closes from there on.
 */
export function startDayCloser(options: DayCloserOptions): () => void {
  const { clock, log, timeZone, closesAfterMs, candidates } = options
  const saveInTime = saverOf(options)
  /** Days whose readings wait for the disk. */
  const emitted = new Set<string>()
  let due: Due = { day: '', sinceMs: 0, untilMs: 0 }
  let cancel: Cancel

  const guarded = (trouble: string, fn: () => void): void => {
    try {
      fn()
    } catch (err) {
      log.error({ err }, `${trouble}; nothing is forgotten, it is tried again. Is the disk full or read-only?`)
    }
  }
  const look = (): void => {
    const utcMs = clock.utcMs()
    let waitMs = LOOK_AGAIN_MS
    if (utcMs !== null) {
      if (utcMs < due.sinceMs || utcMs >= due.untilMs) due = dueAt(utcMs, timeZone, closesAfterMs)
      guarded('a day could not be closed', () => closeUpTo(due.day, dayOf(utcMs, timeZone), emitted, options))
      guarded('the boundary candidates could not be written', () => saveInTime(utcMs))
      waitMs = Math.min(waitMs, due.untilMs - utcMs)
    }
    cancel = clock.after(waitMs, look)
  }
  look()
  return () => {
    cancel()
    guarded('the boundary candidates could not be written', () => candidates.save())
  }
}

/** Every six hours, and once a day's candidates cannot get better: from then on a crash costs that day nothing. */
function saverOf({ clock, timeZone, toleranceMs, candidates }: DayCloserOptions): (utcMs: number) => void {
  let saved = { day: '', monotonicMs: clock.monotonicMs() }
  return (utcMs) => {
    const now = { day: dayOf(utcMs - toleranceMs, timeZone), monotonicMs: clock.monotonicMs() }
    if (now.day === saved.day && now.monotonicMs - saved.monotonicMs < SAVE_EVERY_MS) return
    candidates.save()
    saved = now
  }
}

/** Days without any reading that are told of after the daemon was away. */
const MOST_EMPTY_DAYS = 400

/** The days that close now, in order: those with readings, and after the first close ever also those without. */
function closing(due: string, closed: string | null, emitted: ReadonlySet<string>): readonly string[] {
  const days = new Set(emitted)
  if (closed !== null) for (let day = due, n = 0; day > closed && n < MOST_EMPTY_DAYS; day = dayBefore(day), n++) days.add(day)
  return [...days].sort()
}

function closeUpTo(due: string, today: string, emitted: Set<string>, options: DayCloserOptions): void {
  const { candidates, publish, flush, onClosing = () => {} } = options
  for (const day of candidates.days()) {
    if (day <= due && !emitted.has(day)) {
      publish(day)
      emitted.add(day)
    }
    // Heard by a clock days ahead. One day is left for those who hand in telegrams faster than their clock runs.
    if (day > today && day > nextDay(today)) candidates.drop(day)
  }
  const closed = candidates.closed()
  // A day that has closed but not begun was closed by a clock ahead of the world: it will come, and close, again.
  if (closed !== null && closed >= due && closed <= today) return
  if (!flush()) return
  for (const day of closing(due, closed, emitted)) onClosing(day)
  candidates.close(due)
  emitted.clear()
}
