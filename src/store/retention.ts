import type { Database } from './database.ts'

/** What the outbox keeps unless the configuration says otherwise, in days; `docs/data-protection.md` names the same. */
export const KEEP_DAYS = { confirmed: 90, unconfirmed: 400, telegrams: 2 } as const
/** What is confirmed stays at least so long: billing may find out late that it wants a reading again. */
export const LEAST_CONFIRMED_DAYS = 14

const DAY_MS = 86_400_000
/** Rows looked at in one transaction: the daemon goes on with its work between two. */
const SLICE_ROWS = 500

export interface KeepDays {
  /** After the far side of a sink said that it has the reading. */
  readonly confirmed: number
  /** After it was stored, whatever became of it. */
  readonly unconfirmed: number
}

/** What one slice did. `next`: where the next one begins; null once all that is old was looked at. */
export interface Purged {
  readonly confirmed: number
  readonly expired: number
  /** Of the expired the readings that some sink had not accepted or whose receipt never came. */
  readonly lost: number
  readonly next: number | null
}

interface Row {
  readonly seq: number
  readonly storedAt: number | null
  readonly confirmedAt: number | null
  readonly isReading: 0 | 1
  /** A sink still has it before it, in a lane or as an exception, or waits for its receipt; or there is no sink at all. */
  readonly wanted: 0 | 1
}

/**
 * Removes messages whose time is over. A row goes early only when no cursor has it before it any more, so that what is counted
 * between a cursor and the end of the outbox stays without gaps; exceptions and receipts go with their message.
 */
export const createRetention = (db: Database) => {
  // A row stored while the time was not known is older than the next one that has a time.
  const select = db.prepare<[{ from: number }], Row>(`
    SELECT seq, kind = 'reading.daily' AS isReading,
      coalesce(stored_at, (SELECT n.stored_at FROM outbox AS n WHERE n.seq > o.seq AND n.stored_at IS NOT NULL ORDER BY n.seq LIMIT 1)) AS storedAt,
      (SELECT max(confirmed_at) FROM sink_receipts AS r WHERE r.seq = o.seq) AS confirmedAt,
      NOT EXISTS (SELECT 1 FROM sink_cursors)
        OR EXISTS (SELECT 1 FROM sink_cursors WHERE o.seq >= live_next OR (o.seq >= backlog_next AND o.seq < backlog_end))
        OR EXISTS (SELECT 1 FROM outbox_exceptions AS e WHERE e.seq = o.seq)
        OR EXISTS (SELECT 1 FROM sink_receipts AS r WHERE r.seq = o.seq AND r.confirmed_at IS NULL) AS wanted
    FROM outbox AS o WHERE seq >= @from ORDER BY seq LIMIT ${SLICE_ROWS}`)
  const remove = db.prepare<[seq: number]>('DELETE FROM outbox WHERE seq = ?')
  const selectLost = db.prepare<[], string>(`SELECT value FROM memory WHERE kind = 'retention' AND key = 'lost'`).pluck()
  const putLost = db.prepare<[lost: string]>(`
    INSERT INTO memory (kind, key, value) VALUES ('retention', 'lost', ?) ON CONFLICT DO UPDATE SET value = excluded.value`)
  /** Readings lost to retention since the store was made. */
  const lostEver = (): number => Number(selectLost.get() ?? 0)

  const slice = db.transaction((from: number, utcMs: number, keep: KeepDays): Purged => {
    const confirmedBefore = utcMs - Math.max(keep.confirmed, LEAST_CONFIRMED_DAYS) * DAY_MS
    const storedBefore = utcMs - Math.max(keep.unconfirmed, keep.confirmed, LEAST_CONFIRMED_DAYS) * DAY_MS
    const rows = select.all({ from })
    let [confirmed, expired, lost] = [0, 0, 0]
    for (const { seq, storedAt, confirmedAt, isReading, wanted } of rows) {
      const isExpired = storedAt !== null && storedAt < storedBefore
      const isDone = wanted === 0 && confirmedAt !== null && confirmedAt < confirmedBefore
      if (!isExpired && !isDone) continue
      remove.run(seq)
      if (isDone) confirmed++
      else expired++
      if (!isDone && isReading === 1 && wanted === 1) lost++
    }
    if (lost > 0) putLost.run(String(lostEver() + lost))
    const last = rows.at(-1)
    return { confirmed, expired, lost, next: rows.length < SLICE_ROWS || last === undefined ? null : last.seq + 1 }
  })
  return { slice, lostEver }
}
