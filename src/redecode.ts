/** Kept telegrams decoded again, by the meter types as they are now: what would differ, and the corrections that say so. */
import { decoderFor, type Registry } from './decoders/index.ts'
import { observe } from './decoders/interpret.ts'
import { identify } from './identity.ts'
import type { Formats } from './memory/formats.ts'
import type { RegisteredMeters } from './memory/registered.ts'
import { boundaryOf, evidenceOf, isTimed, type Timed } from './readings/candidate.ts'
import { dailyReading, type ReadingContext } from './readings/close.ts'
import type { DailyReading } from './readings/daily-reading.ts'
import { correctionsIn } from './readings/identity.ts'
import type { KeptTelegram, Meters, Store } from './store/store.ts'
import { meterName } from './wmbus/address.ts'
import { address, frame, open } from './wmbus/decode.ts'
import type { CrcLayout } from './wmbus/telegram.ts'

export interface RedecodeParts extends Omit<ReadingContext, 'boundary' | 'installation' | 'correction' | 'quality'> {
  readonly store: Pick<Store, 'telegrams' | 'outbox'>
  readonly meters: Pick<Meters, 'get'>
  readonly registered: RegisteredMeters
  readonly registry: Registry
  readonly formats: Pick<Formats, 'formatOf'>
  readonly toleranceMs: number
  /** IANA name. */
  readonly timeZone: string
}

/** One value that is another now; null where there was, or is, none. */
export interface Change {
  /** `registers.energy`, `momentary.flowRate`, `status`. */
  readonly field: string
  readonly before: string | null
  readonly now: string | null
}

/** A reading that would be another now. */
export interface Difference {
  readonly meter: string
  readonly day: string
  /** `kamstrup-heat/3`. */
  readonly decoder: { readonly before: string; readonly now: string }
  readonly changes: readonly Change[]
  readonly correction: DailyReading
}

export interface Redecoded {
  /** Telegrams that were decoded again. */
  readonly telegrams: number
  readonly differences: readonly Difference[]
  /** Telegrams that come to no reading now, and why. */
  readonly failures: readonly { readonly meter: string; readonly day: string; readonly reason: string }[]
}

export interface Span {
  /** The first day, YYYY-MM-DD; left out: all that is kept. */
  readonly from?: string
  readonly meter?: string
}

/** Decodes what is kept of the span. Changes nothing: who wants the corrections hands them to the outbox. */
export function redecode(parts: RedecodeParts, span: Span, reason?: string): Redecoded {
  const kept = parts.store.telegrams.list(span)
  const differences: Difference[] = []
  const failures: { meter: string; day: string; reason: string }[] = []
  for (const telegram of kept) {
    const { meter, day } = telegram
    const observation = observed(parts, telegram)
    if (typeof observation === 'string') failures.push({ meter, day, reason: observation })
    else differences.push(...differenceOf(parts, telegram, observation, reason))
  }
  return { telegrams: kept.length, differences, failures }
}

/** What the telegram says now, or why nothing. Policy let it count once; whether to trust it is not asked again. */
function observed({ registered, registry, formats }: RedecodeParts, { bytes, crc, heardAt }: KeptTelegram): Timed | string {
  const d = address(frame(bytes, crc as CrcLayout))
  const whose = identify(d)
  const known = whose && registered.find(whose)
  if (!known) return d.fault ?? 'the meter is no longer registered'
  open(d, known.key, formats.formatOf)
  if (d.fault !== null) return d.fault
  const heard = { bootId: '', monotonicMs: 0, utcMs: heardAt }
  const protectedOnly = known.keyCheck !== null && d.encryption !== 'none'
  const observation = observe(decoderFor(whose, registry), d, meterName(whose), whose, heard, protectedOnly)
  return observation && isTimed(observation) ? observation : 'no field of the meter type is in it'
}

/** The correction of the reading that counts, where the telegram behind it says something else now. */
function differenceOf(parts: RedecodeParts, { meter, day, heardAt }: KeptTelegram, observation: Timed, reason?: string): Difference[] {
  const stored = parts.store.outbox.readings({ meter, day, limit: 1 })[0]
  if (stored === undefined) return []
  const before: DailyReading = JSON.parse(stored.body)
  // Another gateway's or a later telegram's evidence counts by now: this one no longer speaks for the day.
  const { heardAt: told = before.evidence.observedAt } = before.evidence
  if (Math.floor(Date.parse(told) / 1000) !== Math.floor(heardAt / 1000)) return []
  const boundary = boundaryOf(day, parts.timeZone, parts.toleranceMs)
  if (evidenceOf(observation, boundary) === null) return []
  const decoder = { before: before.source.decoder, now: observation.decoder }
  const { gateway, include } = parts
  const correction = dailyReading(observation, {
    boundary,
    gateway,
    include,
    installation: parts.meters.get(meter)?.installation ?? null,
    quality: () => before.quality,
    correction: {
      number: correctionsIn(stored.precedence ?? 0) + 1,
      reason: reason ?? `decoded again with ${decoder.now}, before with ${decoder.before}`,
      replaces: before.id,
    },
  })
  const changes = changesBetween(before, correction)
  return changes.length === 0 ? [] : [{ meter, day, decoder, changes, correction }]
}

/** Everything that can be billed or looked at, as text by its place in the message. */
const facts = ({ registers, momentary = {}, status }: DailyReading): Map<string, string> => {
  const values = (group: string, of: DailyReading['registers']): [string, string][] =>
    Object.entries(of).map(([name, { value, unit }]) => [`${group}.${name}`, `${value} ${unit}`])
  const state: [string, string][] = status ? [['status', [status.code, ...status.conditions].join(', ')]] : []
  return new Map([...values('registers', registers), ...values('momentary', momentary), ...state])
}

function changesBetween(before: DailyReading, after: DailyReading): Change[] {
  const [was, is] = [facts(before), facts(after)]
  return [...new Set([...was.keys(), ...is.keys()])]
    .map((field) => ({ field, before: was.get(field) ?? null, now: is.get(field) ?? null }))
    .filter((change) => change.before !== change.now)
}
