import type { Database } from '../disk/database.ts'

/** The configured ways out: all sinks, and those of them whose far side confirms readings. */
export interface Ways {
  readonly sinks: readonly string[]
  readonly receipts: readonly string[]
}

/**
 * What became of a message. `wanted`: a sink has not had it, or the receipt of one is awaited, or there is no sink at all.
 * `accepted`: every sink has had it, and no receipt is known. `confirmed`: and the far side said last at `since` that it has it.
 */
export interface Standing {
  readonly state: 'wanted' | 'accepted' | 'confirmed'
  /** Milliseconds since 1970 UTC; null unless confirmed. */
  readonly since: number | null
}

interface Row {
  readonly isBefore: 0 | 1
  readonly awaited: 0 | 1
  readonly since: number | null
}

/**
 * Only configured sinks count: one that was taken out of the configuration holds nothing up, and one that is new has everything
 * before it, until it had its turn.
 */
export const createStanding = (db: Database, { sinks, receipts }: Ways): ((seq: number) => Standing) => {
  const select = db.prepare<[{ seq: number; sinks: string; receipts: string }], Row>(`
    SELECT
      EXISTS (
        SELECT 1 FROM json_each(@sinks) AS s LEFT JOIN sink_cursors AS c ON c.sink = s.value
        WHERE @seq >= coalesce(c.live_next, 1) OR (@seq >= c.backlog_next AND @seq < c.backlog_end))
      OR EXISTS (SELECT 1 FROM outbox_exceptions WHERE seq = @seq AND sink IN (SELECT value FROM json_each(@sinks))) AS isBefore,
      EXISTS (
        SELECT 1 FROM sink_receipts
        WHERE seq = @seq AND confirmed_at IS NULL AND sink IN (SELECT value FROM json_each(@receipts))) AS awaited,
      (SELECT max(confirmed_at) FROM sink_receipts WHERE seq = @seq AND sink IN (SELECT value FROM json_each(@sinks))) AS since`)
  const [names, confirming] = [JSON.stringify(sinks), JSON.stringify(receipts)]
  return (seq) => {
    if (sinks.length === 0) return { state: 'wanted', since: null }
    const { isBefore, awaited, since } = select.get({ seq, sinks: names, receipts: confirming })!
    if (isBefore === 1 || awaited === 1) return { state: 'wanted', since: null }
    return since === null ? { state: 'accepted', since } : { state: 'confirmed', since }
  }
}
