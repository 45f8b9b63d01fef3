/** The day's reading of every meter: keeps what speaks for the day, and makes the message of it when the day closes. */
import type { Clock } from '../clock.ts'
import type { Observation } from '../decoders/observation.ts'
import type { Log } from '../log.ts'
import { type Candidates, loadCandidates } from '../memory/candidates.ts'
import { type LastReading, type LastReadings, loadLastReadings } from '../memory/last-readings.ts'
import type { Draft, KeptTelegram, Memory, Meters } from '../store/store.ts'
import { type Boundary, better, isTimed, type Timed } from './candidate.ts'
import { dailyReading, draft, type Included } from './close.ts'
import type { DailyReading, EvidenceKind } from './daily-reading.ts'
import { closesAt, dayAt, dayBefore, endOfDay } from './day.ts'
import { startDayCloser } from './day-closer.ts'
import { type Judged, qualityOf } from './quality.ts'

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
  readonly meters: Pick<Meters, 'get' | 'onChange'>
  /** Hands a reading to the outbox. */
  emit(draft: Draft): void
  /** Keeps the telegrams behind the readings of a day. */
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
  /** Writes the candidates; no day closes from here on. */
  stop(): void
  state(): ReadingsState
}

/** Starts collecting. Days that ended while the daemon was down close before this returns, if the clock is known. */
export function startReadings(options: ReadingsOptions): Readings {
  const { timeZone, toleranceMs, closesAfterMs, memory, meters, log } = options
  const boundaryOf = (day: string): Boundary => ({ day, utcMs: endOfDay(day, timeZone), toleranceMs })
  const candidates = loadCandidates<Timed>(memory, (day, a, b) => better(a, b, boundaryOf(day)), log)
  const last = loadLastReadings(memory, log)
  const ignored = { 'no-time': 0, 'no-register': 0, unlisted: 0, late: 0 }

  const publish = (day: string): void => publishDay(candidates.of(day), boundaryOf(day), last, options)
  const stop = startDayCloser({ ...options, candidates, publish })
  meters.onChange((meter) => {
    if (meters.get(meter) !== undefined) return
    candidates.forget(meter)
    last.forget(meter)
  })
  return {
    offer(observation) {
      const reason = offerTo(candidates, observation, options)
      if (reason !== null) ignored[reason]++
    },
    stop,
    state: () => ({
      open: candidates
        .days()
        .map((day) => ({ day, closesAtMs: closesAt(day, timeZone, closesAfterMs), meters: candidates.of(day).length })),
      closed: candidates.closed(),
      ignored: { ...ignored },
    }),
  }
}

/** Offers an observation to the day it was made in and, close after midnight, to the day before; or says why to none. */
function offerTo(candidates: Candidates<Timed>, observation: Observation, options: ReadingsOptions): Ignored | null {
  if (!isTimed(observation)) return 'no-time'
  if (!observation.measurements.some((m) => m.kind === 'register')) return 'no-register'
  if (options.meters.get(observation.meter) === undefined) return 'unlisted'
  const { utcMs } = observation.heard
  const { day, startMs } = dayAt(utcMs, options.timeZone)
  const closed = candidates.closed() ?? ''
  if (day <= closed) return 'late'
  candidates.offer(day, observation)
  if (utcMs - startMs > options.toleranceMs) return null
  const before = dayBefore(day)
  if (before > closed) candidates.offer(before, observation)
  return null
}

function publishDay(observations: readonly Timed[], boundary: Boundary, last: LastReadings, options: ReadingsOptions): void {
  const readings: Partial<Record<EvidenceKind, number>> = {}
  const telegrams: KeptTelegram[] = []
  for (const observation of observations) {
    const reading = readingOf(observation, boundary, last, options)
    if (reading === null) continue
    const { kind } = reading.evidence
    options.emit(draft(reading))
    readings[kind] = (readings[kind] ?? 0) + 1
    const { meter, heard, telegram } = observation
    last.put(meter, { day: boundary.day, utcMs: heard.utcMs, registers: plain(reading.registers) })
    if (telegram) telegrams.push({ meter, day: boundary.day, heardAt: heard.utcMs, ...telegram })
  }
  unbilled(() => options.keep(telegrams), options)
  unbilled(last.save, options)
  options.log.info({ day: boundary.day, readings }, 'the day closes')
}

const plain = (registers: DailyReading['registers']): LastReading['registers'] =>
  Object.fromEntries(Object.entries(registers).map(([name, { value, unit }]) => [name, { value, unit }]))

/** Writes what serves eyes and not billing: a disk that refuses it must not cost the day. */
function unbilled(write: () => void, { log }: ReadingsOptions): void {
  try {
    write()
  } catch (err) {
    log.warn({ err }, 'telegrams and last readings of the day could not be kept: it cannot be decoded again, nor compared with')
  }
}

/** Null for a meter removed meanwhile, and where a bug stands in the way: that must not cost the other meters their day. */
function readingOf(observation: Timed, boundary: Boundary, last: LastReadings, options: ReadingsOptions): DailyReading | null {
  const meter = options.meters.get(observation.meter)
  if (meter === undefined) return null
  try {
    const { timeZone, gateway, include } = options
    const quality = (judged: Judged) => qualityOf(judged, last.before(observation.meter, boundary.day))
    return dailyReading(observation, { boundary, timeZone, gateway, installation: meter.installation, include, quality })
  } catch (err) {
    options.log.error(
      { err, meter: observation.meter, day: boundary.day },
      'no reading could be made of what the meter sent: please report this',
    )
    return null
  }
}
