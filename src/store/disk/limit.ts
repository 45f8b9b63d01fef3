import { createStanding, type Standing, type Ways } from '../outbox/standing.ts'
import { createPurgeDate, LEAST_MS } from '../retention/purge-date.ts'
import { pragmaNumber } from './compact.ts'
import type { Connection } from './database.ts'

/** A commit of a hundred messages may need so many pages. */
const HEADROOM_PAGES = 64
/** So many messages are looked at, and so many go, before it is tried again whether there is room now. */
const LOOKED_AT = 5_000
const DROPPED_AT_ONCE = 2_000

const OLDEST_HOURS = `DELETE FROM series WHERE (hour, meter) IN (SELECT hour, meter FROM series ORDER BY hour, meter LIMIT ${DROPPED_AT_ONCE})`

interface Row {
  readonly seq: number
  readonly isReading: 0 | 1
  readonly storedAt: number
}

/**
 * What gives way where the file has reached its limit: the oldest hourly values, then messages older than 14 days by the date of retention that every sink has
 * had; of readings only those that are confirmed, where any way out gives receipts. What is the only copy stays, whatever comes.
 */
export const createLimit = (ways: Ways) => {
  /** Where the next look begins: what stands in front may have to stay for long. */
  let from = 0
  const isSpare = ({ isReading, storedAt }: Row, standing: Standing, before: number): boolean => {
    if (standing.state === 'confirmed') return Math.max(standing.since!, storedAt) < before
    return standing.state === 'accepted' && (isReading === 0 || ways.receipts.length === 0)
  }
  /** Returns how many rows went. */
  return (db: Connection): number => {
    const used = pragmaNumber(db, 'page_count') - pragmaNumber(db, 'freelist_count')
    const date = createPurgeDate(db).date()
    if (date === null || used + HEADROOM_PAGES < pragmaNumber(db, 'max_page_count')) return 0
    const hours = db.prepare(OLDEST_HOURS).run().changes
    if (hours > 0) return hours
    const before = date - LEAST_MS
    const rows = db.prepare<[from: number, before: number], Row>(`
      SELECT seq, kind = 'reading.daily' AS isReading, stored_at AS storedAt
      FROM (SELECT seq, kind, stored_at FROM outbox WHERE seq >= ? ORDER BY seq LIMIT ${LOOKED_AT}) WHERE stored_at < ?`)
    const standingOf = createStanding(db, ways)
    const remove = db.prepare<[seq: number]>('DELETE FROM outbox WHERE seq = ?')
    return db.transaction((): number => {
      const old = rows.all(from, before)
      const spare = old.filter((row) => isSpare(row, standingOf(row.seq), before)).slice(0, DROPPED_AT_ONCE)
      for (const { seq } of spare) remove.run(seq)
      from = old.length === 0 ? 0 : spare.length === DROPPED_AT_ONCE ? spare.at(-1)!.seq + 1 : old.at(-1)!.seq + 1
      return spare.length
    })()
  }
}
