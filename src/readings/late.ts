/** Days that have closed: whether an observation is better evidence for one than what was published of it. */
import type { Clock } from '../clock.ts'
import type { LastReading } from '../memory/last-readings.ts'
import type { Outbox } from '../store/outbox/messages.ts'
import type { Meters } from '../store/store.ts'
import { type Boundary, boundaryOf, evidenceOf, precedenceAtMost, type Timed } from './candidate.ts'
import type { DailyReading } from './daily-reading.ts'
import { closesAt, dayOf } from './day.ts'

export interface LateParts {
  readonly clock: Clock
  readonly timeZone: string
  readonly toleranceMs: number
  readonly closesAfterMs: number
  readonly meters: Pick<Meters, 'get'>
  readonly outbox: Pick<Outbox, 'readings'>
}

export interface Late {
  /** Has it published where it is better than what stands; false where it says nothing new about that day. */
  offer(day: string, observation: Timed): boolean
  /** What is better than what stands: for a day that closes for a second time because a clock was ahead at the first. */
  only(observations: readonly Timed[], day: string, closed: string | null): readonly Timed[]
}

/** A meter tells the end of a month until the next one; what is older than that was never ours to publish. */
const LATEST_MS = 35 * 86_400_000
/** What stands is asked of the disk once per meter and day, not with every telegram that repeats it. Bounded. */
const MOST_REMEMBERED = 50_000

export function lateEvidence(parts: LateParts, publish: (observation: Timed, day: string) => boolean): Late {
  const { clock, timeZone, closesAfterMs, meters } = parts
  const standing = new Map<string, number>()

  const remembered = (meter: string, day: string): number => standing.get(`${meter}/${day}`) ?? 0
  /** A correction may stand by now; what was just published may not be on the disk yet. */
  const standsFor = (meter: string, day: string): number => {
    const stored = parts.outbox.readings({ meter, day, limit: 1 })[0]?.precedence ?? 0
    const precedence = Math.max(stored, remembered(meter, day))
    if (standing.size >= MOST_REMEMBERED) standing.clear()
    standing.set(`${meter}/${day}`, precedence)
    return precedence
  }
  /** A day is over for good only while the clock says so: one that was put back makes every telegram seem to be of then. */
  const isOver = (day: string, nowMs: number): boolean => nowMs >= closesAt(day, timeZone, closesAfterMs)
  /** Too long ago, or before the meter was registered. */
  const isForeign = (day: string, { utcMs }: Boundary, meter: string, nowMs: number): boolean => {
    const addedAt = meters.get(meter)?.addedAt ?? null
    return utcMs < nowMs - LATEST_MS || (addedAt !== null && day < dayOf(Date.parse(addedAt), timeZone))
  }
  return {
    offer(day, observation) {
      const boundary = boundaryOf(day, timeZone, parts.toleranceMs)
      const { meter } = observation
      const nowMs = clock.utcMs()
      if (nowMs === null || precedenceAtMost(observation, boundary) <= remembered(meter, day) || !isOver(day, nowMs)) return false
      if (isForeign(day, boundary, meter, nowMs)) standing.set(`${meter}/${day}`, Number.POSITIVE_INFINITY)
      const { precedence = 0 } = evidenceOf(observation, boundary) ?? {}
      if (precedence <= remembered(meter, day) || precedence <= standsFor(meter, day) || !publish(observation, day)) return false
      standing.set(`${meter}/${day}`, precedence)
      return true
    },
    only(observations, day, closed) {
      const stands = closed === null || day > closed ? remembered : standsFor
      const boundary = boundaryOf(day, timeZone, parts.toleranceMs)
      return observations.filter((o) => (evidenceOf(o, boundary)?.precedence ?? 0) > stands(o.meter, day))
    },
  }
}

/** A published reading as the next one is held against it. */
export const lastReadingOf = ({ day, evidence, registers }: DailyReading): LastReading => ({
  day,
  utcMs: Date.parse(evidence.observedAt),
  registers: Object.fromEntries(Object.entries(registers).map(([name, { value, unit }]) => [name, { value, unit }])),
})
