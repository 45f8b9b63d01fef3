/** The day's reading of every meter: keeps what speaks for the day, and makes the message of it when the day closes. */
import type { Clock } from '../clock.ts'
import type { Observation } from '../decoders/observation.ts'
import type { Log } from '../log.ts'
import { type Candidates, loadCandidates } from '../memory/candidates.ts'
import { type LastReading, type LastReadings, loadLastReadings } from '../memory/last-readings.ts'
import type { Draft, Outbox } from '../store/outbox/messages.ts'
import type { KeptTelegram, Memory, Meters } from '../store/store.ts'
import { type Boundary, better, boundaryOf, evidenceOf, isTimed, type Timed } from './candidate.ts'
import { dailyReading, draft, type Included } from './close.ts'
import type { DailyReading, EvidenceKind } from './daily-reading.ts'
import { closesAt, dayAt, dayBefore } from './day.ts'
import { startDayCloser } from './day-closer.ts'
import { type Kept, keptTogether } from './kept.ts'
import { type Late, lastReadingOf, lateEvidence } from './late.ts'
import { type Judged, qualityOf } from './quality.ts'
import { storedDays } from './stored.ts'

export interface ReadingsOptions {
  readonly clock: Clock
  readonly log: Log
  readonly gateway: string
  /** IANA name; a day ends at midnight there. */
  readonly timeZone: string
  /** How far from midnight an observation still counts as "at the boundary". */
  readonly toleranceMs: number
  /** So much wall time after its end a day closes; not less than the tolerance. */
  readonly closesAfterMs: number
  readonly include: readonly Included[]
  readonly memory: Memory
  readonly meters: Pick<Meters, 'get'>
  /** What was published before. */
  readonly outbox: Pick<Outbox, 'readings'>
  /** Hands a reading to the outbox. */
  emit(draft: Draft): void
  /** Writes telegrams behind readings. */
  keep(telegrams: readonly KeptTelegram[]): void
  /** Commits what was emitted, false if the disk refuses: a day's candidates are forgotten only once its readings are stored. */
  flush(): boolean
  /** A day's readings are stored, and it is about to count as closed. */
  onClosing?(day: string): void
}

/** Why an observation speaks for no day. */
export type Ignored = 'no-time' | 'no-register' | 'unlisted' | 'late'

export interface ReadingsState {
  /** The days not closed yet, oldest first: when they close and how many meters have a candidate. */
  readonly open: readonly { readonly day: string; readonly closesAtMs: number; readonly meters: number }[]
  /** The last day that closed, or null before the clock was first known. */
  readonly closed: string | null
  /** Observations since the start that could not be used. */
  readonly ignored: Readonly<Record<Ignored, number>>
}

export interface Readings {
  offer(observation: Observation): void
  /** The meter is gone: so is what speaks for its open days, and its last reading. */
  forget(meter: string): void
  /** Writes the candidates; no day closes from here on. */
  stop(): void
  state(): ReadingsState
}

/** Starts collecting. Days that ended while the daemon was down close before this returns, if the clock is known. */
export function startReadings(options: ReadingsOptions): Readings {
  const { timeZone, toleranceMs, closesAfterMs, memory, log } = options
  const boundary = (day: string): Boundary => boundaryOf(day, timeZone, toleranceMs)
  const candidates = loadCandidates<Timed>(memory, (day, a, b) => better(a, b, boundary(day)), log)
  const last = loadLastReadings(memory, log)
  const ignored = { 'no-time': 0, 'no-register': 0, unlisted: 0, late: 0 }

  const past: Past = { last, kept: keptTogether(options.clock, log, options.keep) }
  const late = lateEvidence(options, (observation, day) => publishLate(observation, boundary(day), past, options))
  const publish = (day: string): void => publishDay(late.only(candidates.of(day), day, candidates.closed()), boundary(day), past, options)
  const stopClosing = startDayCloser({ ...options, candidates, publish })
  return {
    offer(observation) {
      const reason = offerTo(candidates, late, observation, options)
      if (reason !== null) ignored[reason]++
    },
    stop() {
      stopClosing()
      past.kept.stop()
    },
    forget(meter) {
      candidates.forget(meter)
      past.last.forget(meter)
      past.kept.forget(meter)
    },
    state: () => ({
      open: candidates
        .days()
        .map((day) => ({ day, closesAtMs: closesAt(day, timeZone, closesAfterMs), meters: candidates.of(day).length })),
      closed: candidates.closed(),
      ignored: { ...ignored },
    }),
  }
}

/**
 * Offers an observation to the day it was made in, close after midnight to the day before, and to every day of whose end the
 * meter tells what it stored; or says why to none.
 */
function offerTo(candidates: Candidates<Timed>, late: Late, observation: Observation, options: ReadingsOptions): Ignored | null {
  if (!isTimed(observation)) return 'no-time'
  if (!observation.measurements.some((m) => m.kind === 'register')) return 'no-register'
  if (options.meters.get(observation.meter) === undefined) return 'unlisted'
  const { utcMs } = observation.heard
  const { timeZone, toleranceMs } = options
  const { day, startMs } = dayAt(utcMs, timeZone)
  const closed = candidates.closed() ?? ''
  const before = dayBefore(day)
  const stored = storedDays(observation, timeZone).filter((each) => each <= before)
  const days = utcMs - startMs > toleranceMs || stored.includes(before) ? [day, ...stored] : [day, before, ...stored]
  let counts = false
  for (const each of days) {
    if (each <= closed || each < before) counts = late.offer(each, observation) || counts
    else if (each === day || evidenceOf(observation, boundaryOf(each, timeZone, toleranceMs)) !== null) {
      candidates.offer(each, observation)
      counts = true
    }
  }
  return counts ? null : 'late'
}

/** What is left of a reading once it is published. */
interface Past {
  readonly last: LastReadings
  readonly kept: Kept
}

function publishDay(observations: readonly Timed[], boundary: Boundary, { last, kept }: Past, options: ReadingsOptions): void {
  const readings: Partial<Record<EvidenceKind, number>> = {}
  for (const observation of observations) {
    const reading = readingOf(observation, boundary, last.before(observation.meter, boundary.day), options)
    if (reading === null) continue
    const { kind } = reading.evidence
    options.emit(draft(reading))
    readings[kind] = (readings[kind] ?? 0) + 1
    last.put(observation.meter, lastReadingOf(reading))
    kept.add(observation, boundary)
  }
  try {
    last.save()
  } catch (err) {
    options.log.warn({ err }, 'the last readings could not be kept: the next ones are compared with older ones after a restart')
  }
  options.log.info({ day: boundary.day, readings }, 'the day closes')
}

/** Better evidence for a day that has closed: one reading more, held against the one before that day. */
function publishLate(observation: Timed, boundary: Boundary, { last, kept }: Past, options: ReadingsOptions): boolean {
  const { meter } = observation
  const before = options.outbox.readings({ meter, to: dayBefore(boundary.day), limit: 1 })[0]
  const reading = readingOf(observation, boundary, before && lastReadingOf(JSON.parse(before.body)), options)
  if (reading === null) return false
  options.emit(draft(reading))
  if (last.newest(meter) <= boundary.day) last.put(meter, lastReadingOf(reading))
  kept.add(observation, boundary)
  options.log.info({ meter, day: boundary.day, evidence: reading.evidence.kind }, 'better evidence for a day that has closed')
  return true
}

/** Null for a meter removed meanwhile, and where a bug stands in the way: that must not cost the other meters their day. */
function readingOf(observation: Timed, boundary: Boundary, before: LastReading | undefined, options: ReadingsOptions): DailyReading | null {
  const meter = options.meters.get(observation.meter)
  if (meter === undefined) return null
  try {
    const { gateway, include } = options
    const quality = (judged: Judged) => qualityOf(judged, before)
    return dailyReading(observation, { boundary, gateway, installation: meter.installation, include, quality })
  } catch (err) {
    options.log.error(
      { err, meter: observation.meter, day: boundary.day },
      'no reading could be made of what the meter sent: please report this',
    )
    return null
  }
}
