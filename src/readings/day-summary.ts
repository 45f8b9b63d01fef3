/** The message that closes a day: how many readings, which meters have none, and a digest by which billing sees whether it has them all. */
import { createHash } from 'node:crypto'
import type { Draft } from '../store/outbox/messages.ts'
import type { KeptReading } from '../store/store.ts'
import type { DailyReading, EvidenceKind, Quality } from './daily-reading.ts'

/** Most meters that `missing` names; `missingCount` counts them all. */
const MOST_NAMED = 100

/** The message of a day (docs/mqtt). Property order is the order on the wire. */
export interface DaySummary {
  readonly schema: 'varmesky.day/1'
  readonly gateway: string
  /** Local calendar day, YYYY-MM-DD. */
  readonly day: string
  /** When it closed first, RFC 3339 UTC. */
  readonly closedAt: string
  /** 1 when it closes, one more each time its readings have changed since. */
  readonly issue: number
  /** Meters registered by then. */
  readonly expected: number
  /** Meters with a reading. */
  readonly published: number
  readonly evidence: Readonly<Record<EvidenceKind, number>>
  readonly states: Readonly<Record<Quality['state'], number>>
  /** Registered meters without a reading, by name; the first hundred. */
  readonly missing: readonly string[]
  readonly missingCount: number
  readonly digest: { readonly algorithm: 'SHA-256'; readonly of: string; readonly value: string }
}

export interface DayFacts {
  readonly gateway: string
  readonly day: string
  readonly closedAt: string
  readonly issue: number
  /** The meters that should have a reading. */
  readonly registered: readonly string[]
  /** Of each meter the reading that stands. */
  readonly kept: readonly KeptReading[]
}

const OF = 'ids of this day, one per meter (highest precedence, of equals the greater id), sorted bytewise, each followed by LF'

/** Hex of SHA-256 over the ids, sorted bytewise, each followed by LF. Ids are ASCII, where code units sort as bytes do. */
export const digestOf = (ids: readonly string[]): string =>
  createHash('sha256')
    .update(
      [...ids]
        .sort()
        .map((id) => `${id}\n`)
        .join(''),
    )
    .digest('hex')

export function daySummary({ gateway, day, closedAt, issue, registered, kept }: DayFacts): DaySummary {
  const readings = kept.map(({ body }) => JSON.parse(body) as DailyReading)
  const evidence = { 'meter-stored': 0, boundary: 0, early: 0 }
  const states = { valid: 0, suspect: 0 }
  for (const reading of readings) {
    evidence[reading.evidence.kind]++
    states[reading.quality.state]++
  }
  const published = new Set(kept.map(({ meter }) => meter))
  const missing = registered.filter((meter) => !published.has(meter)).sort()
  return {
    schema: 'varmesky.day/1',
    gateway,
    day,
    closedAt,
    issue,
    expected: registered.length,
    published: published.size,
    evidence,
    states,
    missing: missing.slice(0, MOST_NAMED),
    missingCount: missing.length,
    digest: { algorithm: 'SHA-256', of: OF, value: digestOf(kept.map(({ id }) => id)) },
  }
}

/** Whether two issues of a day say the same. */
export const saysTheSame = (a: DaySummary, b: DaySummary): boolean =>
  JSON.stringify({ ...a, issue: 0 }) === JSON.stringify({ ...b, issue: 0 })

/** As the outbox takes it: a later issue has the higher precedence. */
export const dayDraft = (summary: DaySummary): Draft => ({
  kind: 'day',
  id: `${summary.gateway}/day/${summary.day}/${summary.issue}`,
  meter: null,
  day: summary.day,
  precedence: summary.issue,
  body: JSON.stringify(summary),
})
