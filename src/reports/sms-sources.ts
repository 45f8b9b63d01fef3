/** Meters that report by SMS, and those that have begun to send by radio: both are shown until a person says which it is. */
import type { Habit } from '../memory/habits.ts'
import type { SmsSource } from '../memory/sms-sources.ts'

/**
 * `sms`: by SMS alone. `both`: it sends by radio as well. `replaced`: another meter has its place. Of these two a person is to say that
 * the way by SMS has ended; then it is `ended`.
 */
export type SourceState = 'sms' | 'both' | 'replaced' | 'ended'

/** Of a registered meter. */
interface Place {
  readonly meter: string
  readonly installation: string | null
  readonly retiredAt: string | null
  readonly replacedBy: string | null
}

export interface SourceRow {
  readonly meter: string
  readonly installation: string | null
  readonly state: SourceState
  /** The last message and the last telegram, RFC 3339 UTC. */
  readonly lastSms: string
  readonly lastRadio: string | null
  /** The meter that has its place now. */
  readonly replacedBy: string | null
}

function sourceState({ radioAt, ended }: SmsSource, { retiredAt }: Pick<Place, 'retiredAt'>): SourceState {
  if (ended) return 'ended'
  if (retiredAt !== null) return 'replaced'
  return radioAt === null ? 'sms' : 'both'
}

/** How many report by SMS, and of how many a person is to decide. */
export function sourceCounts(
  places: readonly Place[],
  sources: ReadonlyMap<string, SmsSource>,
): { readonly sms: number; readonly both: number } {
  const states = rows(places, sources).map(([place, source]) => sourceState(source, place))
  const both = states.filter((state) => state === 'both' || state === 'replaced').length
  return { sms: states.filter((state) => state !== 'ended').length, both }
}

/** Those to be decided about first. */
export function smsSources(
  places: readonly Place[],
  sources: ReadonlyMap<string, SmsSource>,
  habits: ReadonlyMap<string, Habit>,
): readonly SourceRow[] {
  return rows(places, sources)
    .map(([{ meter, installation, retiredAt, replacedBy }, source]): SourceRow => {
      const radioAt = replacedBy === null ? source.radioAt : (habits.get(replacedBy)?.lastAt ?? null)
      return {
        meter,
        installation,
        state: sourceState(source, { retiredAt }),
        lastSms: new Date(source.habit.lastAt).toISOString(),
        lastRadio: radioAt === null ? null : new Date(radioAt).toISOString(),
        replacedBy,
      }
    })
    .sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || (a.meter < b.meter ? -1 : 1))
}

const ORDER: readonly SourceState[] = ['both', 'replaced', 'sms', 'ended']

const rows = (places: readonly Place[], sources: ReadonlyMap<string, SmsSource>): readonly (readonly [Place, SmsSource])[] =>
  places.flatMap((place) => {
    const source = sources.get(place.meter)
    return source ? [[place, source] as const] : []
  })
