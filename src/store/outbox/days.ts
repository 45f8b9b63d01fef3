import type { Database } from '../disk/database.ts'
import type { DaySinkState, Days, KeptReading } from '../store.ts'
import { isIntact, OUTBOX_COLUMNS, type OutboxRow, toMessage } from './row.ts'

/** Of each meter the reading that stands: the highest precedence, of equals the greater id. */
const KEPT = `
  SELECT seq, meter, id FROM (
    SELECT seq, meter, id, row_number() OVER (PARTITION BY meter ORDER BY precedence DESC, id DESC, seq DESC) AS place
    FROM outbox WHERE day = @day AND kind = 'reading.daily')
  WHERE place = 1`

/** A row every cursor has passed and that is no exception was accepted; what receipts know of was, too. */
const SINK_STATES = `
  WITH kept AS (${KEPT})
  SELECT c.sink AS sink,
    count(*) FILTER (WHERE r.seq IS NOT NULL
      OR (kept.seq < c.live_next AND NOT (kept.seq >= c.backlog_next AND kept.seq < c.backlog_end) AND e.seq IS NULL)) AS accepted,
    count(r.confirmed_at) AS confirmed
  FROM sink_cursors AS c CROSS JOIN kept
  LEFT JOIN sink_receipts AS r ON r.sink = c.sink AND r.seq = kept.seq
  LEFT JOIN outbox_exceptions AS e ON e.sink = c.sink AND e.seq = kept.seq
  GROUP BY c.sink ORDER BY c.sink`

export const createDays = (db: Database): Days => {
  const selectKept = db.prepare<[{ day: string }], OutboxRow>(
    `SELECT ${OUTBOX_COLUMNS} FROM outbox WHERE day = @day AND kind = 'reading.daily' ORDER BY meter, precedence DESC, id DESC, seq DESC`,
  )
  const selectSummaries = db.prepare<[day: string], OutboxRow>(
    `SELECT ${OUTBOX_COLUMNS} FROM outbox WHERE day = ? AND meter IS NULL AND kind = 'day' ORDER BY precedence DESC, seq DESC`,
  )
  const selectSinks = db.prepare<[{ day: string }], DaySinkState>(SINK_STATES)
  const selectDays = db
    .prepare<[{ from: string; to: string; limit: number }], string>(`
      WITH RECURSIVE days (date) AS (
        SELECT max(day) FROM outbox WHERE day <= @to
        UNION ALL
        SELECT (SELECT max(day) FROM outbox WHERE day < date) FROM days WHERE date > @from
      )
      SELECT date FROM days WHERE date >= @from LIMIT @limit`)
    .pluck()
  const selectChanged = db
    .prepare<[since: string], string>(`
      SELECT day FROM outbox WHERE day >= ? GROUP BY day
      HAVING max(iif(kind = 'reading.daily', seq, 0)) > max(iif(kind = 'day', seq, 0)) AND max(kind = 'day') ORDER BY day`)
    .pluck()
  return {
    kept: (day) => {
      const kept: KeptReading[] = []
      for (const row of selectKept.all({ day })) {
        if (row.meter === null || row.meter === kept.at(-1)?.meter || !isIntact(row)) continue
        kept.push({ meter: row.meter, id: row.id, body: row.body })
      }
      return kept
    },
    summaries: (day) => selectSummaries.all(day).filter(isIntact).map(toMessage),
    sinks: (day) => selectSinks.all({ day }),
    list: ({ from = '', to = '9999-12-31', limit = -1 }) => selectDays.all({ from, to, limit }),
    changed: (since) => selectChanged.all(since),
  }
}
