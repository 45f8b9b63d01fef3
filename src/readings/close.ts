/** The message of one meter and day, made when the day closes. */
import { utcText } from '../clock.ts'
import type { Draft } from '../store/outbox/messages.ts'
import { type Boundary, type Evidence, evidenceOf, type Timed } from './candidate.ts'
import type { Correction, DailyReading, Quality } from './daily-reading.ts'
import { offsetsAt } from './day.ts'
import { readingId } from './identity.ts'
import type { Judged } from './quality.ts'
import { valuesOf } from './registers.ts'
import { datedValues } from './stored.ts'

/** What a reading may carry; the registers always, whatever else is left out. */
export type Included = 'registers' | 'status' | 'momentary' | 'stored'

export interface ReadingContext {
  readonly boundary: Boundary
  readonly gateway: string
  /** The utility's installation number, if the register of meters has one. */
  readonly installation: string | null
  readonly include: readonly Included[]
  /** Judges the reading. */
  readonly quality: (judged: Judged) => Quality
  readonly correction?: Correction
}

/** What is said of the moment: what the meter stored was then, and nothing else of what it sends was. */
function saidOf(observation: Timed, { stored }: Evidence, { boundary }: ReadingContext) {
  if (stored !== null) return { utcMs: boundary.utcMs, registers: stored.registers, momentary: {}, status: null, meterTime: null }
  const { heard, status, meterTime } = observation
  const registers = valuesOf(observation, 'register')
  return { utcMs: heard.utcMs, registers, momentary: valuesOf(observation, 'momentary'), status, meterTime }
}

function evidencePart(observation: Timed, { kind, offsetSeconds, stored }: Evidence, utcMs: number): DailyReading['evidence'] {
  const observedAt = utcText(utcMs)
  if (stored !== null) return { kind, observedAt, offsetSeconds, clock: 'meter', heardAt: utcText(observation.heard.utcMs) }
  return { kind, observedAt, offsetSeconds, clock: observation.path === 'sms' ? (observation.clock ?? 'network') : 'synchronized' }
}

/** The day's reading from the observation that speaks for it; throws RangeError if it does not (see `evidenceOf`). */
export function dailyReading(observation: Timed, context: ReadingContext): DailyReading {
  const { boundary, gateway, installation, include, correction, quality } = context
  const { timeZone } = boundary
  const evidence = evidenceOf(observation, boundary, correction?.number)
  if (evidence === null) throw new RangeError(`heard too late to speak for ${boundary.day}`)
  const { meter, version, deviceType, encryption, integrity, path, decoder } = observation
  const { utcMs, registers, momentary, status, meterTime } = saidOf(observation, evidence, context)
  const dated = include.includes('stored') ? datedValues(observation, timeZone) : {}
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
    ...(Object.keys(dated).length > 0 && { stored: dated }),
    ...(include.includes('status') && status !== null && { status }),
    evidence: evidencePart(observation, evidence, utcMs),
    precedence: evidence.precedence,
    quality: quality({
      day: boundary.day,
      utcMs,
      registers,
      momentary,
      conditions: status?.conditions ?? [],
      meterTime,
      offsetsMs: offsetsAt(utcMs, timeZone),
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
