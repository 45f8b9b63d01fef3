import type { Database } from '../disk/database.ts'
import type { Confirmed, ReceiptRow } from './messages.ts'

/** What is not confirmed is sent again after a day, then after two more, … at most seven days apart. */
const DAY_MS = 86_400_000
const LONGEST_WAIT_DAYS = 7

/** Only these are confirmed one by one; the message of a day and events speak for themselves. */
const CONFIRMABLE = 'reading.daily'

/** What the far side of a sink says it has: only messages it was given can be confirmed. */
interface Receipts {
  /** From here on what these sinks accept is written down, and waits for its receipt. */
  expect(sinks: readonly string[]): void
  accepted(sink: string, seqs: readonly number[], utcMs: number | null): void
  confirmIds(sink: string, ids: readonly string[], utcMs: number | null): Confirmed
  confirmDay(sink: string, day: string, utcMs: number | null): Confirmed
  /** Accepted, not confirmed, and their time to be sent again has come; without those that wait to be sent anyway. */
  unconfirmed(sink: string, utcMs: number, limit: number): readonly number[]
  count(sink: string): { readonly unconfirmed: number; readonly confirmed: number } | null
  list(sink: string, fromSeq: number, limit: number): readonly ReceiptRow[]
}

export const createReceipts = (db: Database): Receipts => {
  const expected = new Set<string>()
  const put = db.prepare(`
    INSERT INTO sink_receipts (sink, seq, sent, accepted_at, due_at)
    SELECT @sink, seq, 1, @utcMs, @utcMs + ${DAY_MS} FROM outbox WHERE seq = @seq AND kind = '${CONFIRMABLE}'
    ON CONFLICT DO UPDATE SET sent = sent + 1, due_at = @utcMs + ${DAY_MS} * min(sent + 1, ${LONGEST_WAIT_DAYS})
    WHERE confirmed_at IS NULL`)
  // A message that waits to be sent again and is confirmed meanwhile need not go out.
  const recall = db.prepare(`DELETE FROM outbox_exceptions WHERE sink = @sink AND seq = @seq AND state = 'held'`)
  const rowsOfId = db
    .prepare<[day: string, meter: string, id: string], number>(
      `SELECT seq FROM outbox WHERE day = ? AND meter = ? AND id = ? AND kind = '${CONFIRMABLE}'`,
    )
    .pluck()
  const rowsOfDay = db.prepare<[day: string], number>(`SELECT seq FROM outbox WHERE day = ? AND kind = '${CONFIRMABLE}'`).pluck()
  const isKnown = db.prepare<[sink: string, seq: number], number>('SELECT 1 FROM sink_receipts WHERE sink = ? AND seq = ?').pluck()
  const confirm = db.prepare(`
    UPDATE sink_receipts SET confirmed_at = coalesce(@utcMs, accepted_at, 0), due_at = NULL
    WHERE sink = @sink AND seq = @seq AND confirmed_at IS NULL`)
  const selectDue = db
    .prepare<[sink: string, utcMs: number, limit: number], number>(`
      SELECT seq FROM sink_receipts AS r WHERE sink = ? AND confirmed_at IS NULL AND due_at <= ?
        AND NOT EXISTS (SELECT 1 FROM outbox_exceptions AS e WHERE e.seq = r.seq AND e.sink = r.sink)
      ORDER BY due_at LIMIT ?`)
    .pluck()
  const undated = db.prepare(
    `UPDATE sink_receipts SET accepted_at = @utcMs, due_at = @utcMs + ${DAY_MS} WHERE sink = @sink AND due_at IS NULL AND confirmed_at IS NULL`,
  )
  const selectCount = db.prepare<[sink: string], { unconfirmed: number; confirmed: number }>(`
    SELECT count(*) - count(confirmed_at) AS unconfirmed, count(confirmed_at) AS confirmed FROM sink_receipts WHERE sink = ?`)
  const selectRows = db.prepare<[sink: string, from: number, limit: number], ReceiptRow>(`
    SELECT seq, sent, accepted_at AS acceptedAt, confirmed_at AS confirmedAt FROM sink_receipts
    WHERE sink = ? AND seq >= ? ORDER BY seq LIMIT ?`)

  const confirmRows = (sink: string, rows: readonly number[], utcMs: number | null): number => {
    let confirmed = 0
    for (const seq of rows) {
      if (confirm.run({ sink, seq, utcMs }).changes === 0) continue
      recall.run({ sink, seq })
      confirmed++
    }
    return confirmed
  }
  return {
    expect(sinks) {
      for (const sink of sinks) expected.add(sink)
    },
    accepted(sink, seqs, utcMs) {
      if (expected.has(sink)) for (const seq of seqs) put.run({ sink, seq, utcMs })
    },
    confirmIds: db.transaction((sink: string, ids: readonly string[], utcMs: number | null): Confirmed => {
      let [confirmed, unknown] = [0, 0]
      for (const id of ids) {
        const [meter = '', day = ''] = id.split('/')
        const rows = rowsOfId.all(day, meter, id)
        if (rows.some((seq) => isKnown.get(sink, seq) === 1)) confirmed += confirmRows(sink, rows, utcMs)
        else unknown++
      }
      return { confirmed, unknown }
    }),
    confirmDay: db.transaction((sink: string, day: string, utcMs: number | null): Confirmed => {
      const rows = rowsOfDay.all(day)
      const confirmed = confirmRows(sink, rows, utcMs)
      return { confirmed, unknown: rows.filter((seq) => isKnown.get(sink, seq) !== 1).length }
    }),
    unconfirmed(sink, utcMs, limit) {
      if (!expected.has(sink)) return []
      // Accepted while the time was not known: their wait begins now.
      undated.run({ sink, utcMs })
      return selectDue.all(sink, utcMs, limit)
    },
    count: (sink) => {
      const counts = selectCount.get(sink)!
      return expected.has(sink) || counts.unconfirmed + counts.confirmed > 0 ? counts : null
    },
    list: (sink, fromSeq, limit) => selectRows.all(sink, fromSeq, limit),
  }
}
