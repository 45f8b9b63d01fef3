/** When what is over its time goes: once a day after the day has closed, in small steps between which readings are stored. */
import type { Cancel, Clock } from './clock.ts'
import type { RetentionStatus } from './control/status.ts'
import type { Tell } from './events.ts'
import type { Log } from './log.ts'
import type { PurgedKind, PurgePlace, PurgeRule } from './store/retention/retention.ts'
import type { Store } from './store/store.ts'

export interface RetentionOptions {
  readonly clock: Clock
  readonly log: Log
  readonly tell: Tell
  readonly store: Pick<Store, 'retention' | 'health' | 'outbox'>
  readonly rule: PurgeRule
  /** The last day whose time to close has come by then, YYYY-MM-DD. */
  closedBy(utcMs: number): string
}

export interface RunningRetention {
  state(): RetentionStatus
  /** Lets the purge date advance to now; returns it, null before anything was stored or while the time is not known. */
  advance(): number | null
  stop(): void
}

const LOOK_MS = 3_600_000
/** Between two steps receiving and storing have the processor to themselves. */
const PAUSE_MS = 50

/** What was removed, by kind; only what happened. */
export type Removed = Partial<Record<PurgedKind, number>>

export const addTo = (sum: Removed, removed: Readonly<Removed>): void => {
  for (const [kind, n] of Object.entries(removed) as [PurgedKind, number][]) if (n > 0) sum[kind] = (sum[kind] ?? 0) + n
}

export function startRetention(options: RetentionOptions): RunningRetention {
  const { clock, log, store, rule, closedBy } = options
  let ranToMs = clock.monotonicMs()
  /** The day after whose close the last purge was. */
  let purged = ''
  let last: RetentionStatus['last'] = null
  let cancelStep: Cancel | null = null

  const advance = (): number | null => {
    const [utcMs, nowMs] = [clock.utcMs(), clock.monotonicMs()]
    if (utcMs === null) return null
    const date = store.retention.advance(nowMs - ranToMs, utcMs)
    ranToMs = nowMs
    return date
  }
  const done = (day: string, removed: Removed): void => {
    if (day !== purged) last = { at: textOf(clock.utcMs()), removed }
    purged = day
    if (Object.keys(removed).length > 0) log.info({ removed }, 'what was over its time was removed')
    tellLost(options)
  }
  const run = (day: string, date: number): void => {
    const removed: Removed = {}
    // The outbox is walked once a day; telegrams are kept by the hour.
    let place: PurgePlace = day === purged ? 'telegrams' : 1
    const step = (): void => {
      cancelStep = null
      // A disk in trouble has other things to do, and a clock in doubt has nothing to say: the next look begins again.
      if (store.health().state !== 'ok' || clock.utcMs() === null) return
      guarded(options, () => {
        const did = store.retention.step(place, date, rule, false)
        addTo(removed, did.removed)
        const isIdle = day === purged && did.next === 'compact' && Object.keys(removed).length === 0
        if (did.next === null || isIdle) return done(day, removed)
        place = did.next
        cancelStep = clock.after(PAUSE_MS, step)
      })
    }
    step()
  }
  const look = (): void => {
    const utcMs = clock.utcMs()
    if (utcMs === null || cancelStep !== null || store.health().state !== 'ok') return
    guarded(options, () => {
      const date = advance()
      if (date !== null) run(closedBy(utcMs), date)
    })
  }
  const cancel = clock.every(LOOK_MS, look)
  return {
    advance,
    state: () => ({ lost: store.retention.lost().ever, date: textOf(store.retention.date()), last }),
    stop() {
      cancel()
      cancelStep?.()
      guarded(options, () => void advance())
    },
  }
}

const textOf = (utcMs: number | null): string | null => (utcMs === null ? null : new Date(utcMs).toISOString())

/** The event is stored before it counts as told: a crash in between tells it twice rather than never. */
export function tellLost({ store, tell }: Pick<RetentionOptions, 'store' | 'tell'>): void {
  const { ever, untold } = store.retention.lost()
  if (untold === 0) return
  tell('readings.lost', { lost: untold, ever })
  if (store.outbox.flush()) store.retention.lostTold(ever)
}

function guarded({ log }: Pick<RetentionOptions, 'log'>, act: () => void): void {
  try {
    act()
  } catch (err) {
    log.warn({ err }, 'what is over its time could not be removed: it is tried again in an hour. Is the disk well?')
  }
}
