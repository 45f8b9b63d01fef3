import type { DaySummary } from '../../readings/day-summary.ts'
import { digestOf } from '../../readings/day-summary.ts'
import type { DaySinkState, Store } from '../../store/store.ts'

/** How far one day has come: the written contract of `days list --json` and `days show --json`. */
export interface DayState {
  readonly day: string
  /** When it closed, RFC 3339 UTC, and the issue of its last message; null while it is open. */
  readonly closedAt: string | null
  readonly issue: number | null
  readonly expected: number | null
  readonly published: number
  readonly missingCount: number | null
  readonly missing: readonly string[]
  /** Of the readings as they stand now. */
  readonly digest: string
  readonly sinks: readonly DaySinkState[]
}

export const dayState = ({ days }: Store, day: string): DayState => {
  const [newest] = days.summaries(day)
  const last = newest ? (JSON.parse(newest.body) as DaySummary) : null
  const kept = days.kept(day)
  return {
    day,
    closedAt: last?.closedAt ?? null,
    issue: last?.issue ?? null,
    expected: last?.expected ?? null,
    published: kept.length,
    missingCount: last?.missingCount ?? null,
    missing: last?.missing ?? [],
    digest: digestOf(kept.map(({ id }) => id)),
    sinks: days.sinks(day),
  }
}
