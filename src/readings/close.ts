/** The message of one meter and day, made when the day closes. */
import type { Draft } from '../store/store.ts'
import { type Boundary, evidenceOf, type Timed } from './candidate.ts'
import type { Correction, DailyReading, Quality } from './daily-reading.ts'
import { offsetsAt } from './day.ts'
import { readingId } from './identity.ts'
import type { Judged } from './quality.ts'
import { valuesOf } from './registers.ts'

/** What a reading may carry; the registers always, whatever else is left out. */
export type Included = 'registers' | 'status' | 'momentary'

export interface ReadingContext {
  readonly boundary: Boundary
  readonly timeZone: string
  readonly gateway: string
  /** The utility's installation number, if the register of meters has one. */
  readonly installation: string | null
  readonly include: readonly Included[]
  /** Judges the reading. */
  readonly quality: (judged: Judged) => Quality
  readonly correction?: Correction
}

/** RFC 3339 UTC, whole seconds. */
const utcText = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`

/** The day's reading from the observation that speaks for it; throws RangeError if it does not (see `evidenceOf`). */
export function dailyReading(observation: Timed, context: ReadingContext): DailyReading {
  const { boundary, timeZone, gateway, installation, include, correction, quality } = context
  const evidence = evidenceOf(observation, boundary, correction?.number)
  if (evidence === null) throw new RangeError(`heard too late to speak for ${boundary.day}`)
  const { meter, version, deviceType, heard, status, encryption, integrity, path, decoder } = observation
  const registers = valuesOf(observation, 'register')
  const momentary = valuesOf(observation, 'momentary')
  return {
    schema: 'varmesky.reading.daily/1',
    id: readingId(meter, boundary.day, registers, status?.code ?? null),
    meter: {
      manufacturer: meter.slice(0, 3),
      id: meter.slice(4),
      version,
      deviceType,
      ...(installation !== null && { installation }),
    },
    day: boundary.day,
    boundary: utcText(boundary.utcMs),
    timeZone,
    registers,
    ...(include.includes('momentary') && Object.keys(momentary).length > 0 && { momentary }),
    ...(include.includes('status') && status !== null && { status }),
    evidence: {
      kind: evidence.kind,
      observedAt: utcText(heard.utcMs),
      offsetSeconds: evidence.offsetSeconds,
      clock: path === 'sms' ? 'network' : 'synchronized',
    },
    precedence: evidence.precedence,
    quality: quality({
      day: boundary.day,
      utcMs: heard.utcMs,
      registers,
      momentary,
      conditions: status?.conditions ?? [],
      meterTime: observation.meterTime,
      offsetsMs: offsetsAt(heard.utcMs, timeZone),
    }),
    security: { encryption, integrity },
    ...(correction !== undefined && { correction }),
    source: { path, gateway, decoder },
  }
}

/** The reading as the outbox takes it; the body is what goes over the wire. */
export const draft = (reading: DailyReading): Draft => ({
  kind: 'reading.daily',
  id: reading.id,
  meter: `${reading.meter.manufacturer}-${reading.meter.id}`,
  day: reading.day,
  precedence: reading.precedence,
  body: JSON.stringify(reading),
})
