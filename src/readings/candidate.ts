/** The boundary rule: which observation of a meter speaks for a day. Pure, and the same in every order of arrival. */
import type { Observation } from '../decoders/observation.ts'
import type { EvidenceKind } from './daily-reading.ts'
import { endOfDay } from './day.ts'
import { correctionStep, PARTLY_STORED, precedence, readingId } from './identity.ts'
import { valuesOf } from './registers.ts'
import { type StoredState, storedAtMost, storedState } from './stored.ts'

/** An observation whose moment is known. */
export type Timed = Observation & { readonly heard: { readonly utcMs: number } }

export const isTimed = (observation: Observation): observation is Timed => observation.heard.utcMs !== null

/** The end of a local day, and how far from it an observation still stands for it. */
export interface Boundary {
  readonly day: string
  readonly utcMs: number
  readonly toleranceMs: number
  /** IANA name; the day ends at midnight there. */
  readonly timeZone: string
}

export const boundaryOf = (day: string, timeZone: string, toleranceMs: number): Boundary => ({
  day,
  utcMs: endOfDay(day, timeZone),
  toleranceMs,
  timeZone,
})

/** What an observation is worth as evidence for the day that ends at a boundary. */
export interface Evidence {
  readonly kind: EvidenceKind
  /** From the boundary to the second of the observation; negative before it. */
  readonly offsetSeconds: number
  readonly precedence: number
  /** What stood in the registers then, where it is not what stands in them now. */
  readonly stored: StoredState | null
}

/**
 * What the meter stored for exactly the boundary is `meter-stored` evidence; where it lacks a register, anything heard at the
 * boundary is better. Null: the observation says nothing about the day.
 */
export function evidenceOf(observation: Timed, boundary: Boundary, corrections = 0): Evidence | null {
  const heard = heardEvidence(observation, boundary, corrections)
  const stored = storedState(observation, boundary)
  if (stored === null) return heard
  const rank = storedRank(stored.whole, corrections)
  return heard !== null && heard.precedence > rank ? heard : { kind: 'meter-stored', offsetSeconds: 0, precedence: rank, stored }
}

const storedRank = (whole: boolean, corrections: number): number =>
  whole ? precedence(corrections, 'meter-stored', 0) : PARTLY_STORED + correctionStep(corrections)

/** No less than the precedence that `evidenceOf` gives, for next to nothing: what meters repeat all month is asked for each time. */
export function precedenceAtMost(observation: Timed, boundary: Boundary): number {
  const stored = storedAtMost(observation, boundary)
  const heard = heardEvidence(observation, boundary, 0)?.precedence ?? 0
  return stored === null ? heard : Math.max(heard, storedRank(stored === 'whole', 0))
}

/**
 * Within the tolerance before or after the boundary an observation is `boundary` evidence, earlier that day `early`
 * evidence; later it says nothing about the day that has ended: null.
 */
function heardEvidence(observation: Timed, boundary: Boundary, corrections: number): Evidence | null {
  const { utcMs } = observation.heard
  const awayMs = utcMs - boundary.utcMs
  if (awayMs > boundary.toleranceMs) return null
  const kind = awayMs >= -boundary.toleranceMs ? 'boundary' : 'early'
  const offsetSeconds = Math.floor(utcMs / 1000) - Math.floor(boundary.utcMs / 1000)
  return { kind, offsetSeconds, precedence: precedence(corrections, kind, offsetSeconds), stored: null }
}

/**
 * The one of two observations of a meter that speaks for the day, both being evidence for it: the higher precedence, of
 * equals the greater id. That is the rule by which billing keeps messages, so it does not matter either which gateway
 * heard which. Of two that bill the same, the earlier, then any fixed choice.
 */
export function better(a: Timed, b: Timed, boundary: Boundary): Timed {
  const byRank = rank(a, boundary) - rank(b, boundary)
  if (byRank !== 0) return byRank > 0 ? a : b
  const [idA, idB] = [idOf(a, boundary), idOf(b, boundary)]
  if (idA !== idB) return idA > idB ? a : b
  const later = a.heard.utcMs - b.heard.utcMs
  if (later !== 0) return later < 0 ? a : b
  return text(a) >= text(b) ? a : b
}

const rank = (o: Timed, boundary: Boundary): number => evidenceOf(o, boundary)?.precedence ?? 0

const idOf = (o: Timed, boundary: Boundary): string => {
  const stored = evidenceOf(o, boundary)?.stored
  return readingId(o.meter, boundary.day, stored?.registers ?? valuesOf(o, 'register'), stored ? null : (o.status?.code ?? null))
}

const text = (o: Timed): string => JSON.stringify(o, (_, value) => (typeof value === 'bigint' ? String(value) : value))
