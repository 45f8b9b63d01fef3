import type { Verdict } from '../sinks/sink.ts'
import type { Database } from './database.ts'
import { isIntact, OUTBOX_COLUMNS, type OutboxRow, toMessage } from './outbox-row.ts'
import type { StoredMessage } from './store.ts'

/** What became of one message. */
export interface Judged {
  readonly seq: number
  readonly verdict: Verdict
}

/** Why messages were not accepted, and when to try again those that are held, UTC ms. */
export interface Grounds {
  readonly reason: string | null
  readonly retryAt: number | null
}

/** A row whose checksum is wrong is refused in the sink's name. */
export const DAMAGED: Grounds = { reason: 'damaged on disk', retryAt: null }

/** The messages that a sink's cursor has passed although the sink did not accept them. */
export interface Exceptions {
  add(sink: string, message: Judged, grounds: Grounds): void
  due(sink: string, utcMs: number, limit: number): readonly StoredMessage[]
  /** Takes what became of messages from `due`; returns how many were accepted, and so are exceptions no longer. */
  settle(sink: string, judged: readonly Judged[], grounds: Grounds): number
  count(sink: string): { readonly held: number; readonly refused: number }
}

export const createExceptions = (db: Database): Exceptions => {
  const insert = db.prepare(`
    INSERT INTO outbox_exceptions (sink, seq, state, attempts, reason, retry_at) VALUES (@sink, @seq, @verdict, 1, @reason, @retryAt)`)
  const update = db.prepare(`
    UPDATE outbox_exceptions SET state = @verdict, attempts = attempts + 1, reason = @reason, retry_at = @retryAt
    WHERE sink = @sink AND seq = @seq`)
  const remove = db.prepare('DELETE FROM outbox_exceptions WHERE sink = ? AND seq = ?')
  const selectDue = db.prepare<[sink: string, utcMs: number, limit: number], OutboxRow>(`
    SELECT ${OUTBOX_COLUMNS} FROM outbox_exceptions JOIN outbox USING (seq)
    WHERE sink = ? AND state = 'held' AND retry_at <= ? ORDER BY retry_at, seq LIMIT ?`)
  const selectCounts = db.prepare<[sink: string], { held: number; refused: number }>(`
    SELECT count(*) FILTER (WHERE state = 'held') AS held, count(*) FILTER (WHERE state = 'refused') AS refused
    FROM outbox_exceptions WHERE sink = ?`)

  const settle = (sink: string, judged: readonly Judged[], grounds: Grounds): number => {
    let accepted = 0
    for (const { seq, verdict } of judged) {
      if (verdict === 'accepted') accepted += remove.run(sink, seq).changes
      else update.run({ sink, seq, verdict, ...grounds })
    }
    return accepted
  }
  const refuseDamaged = db.transaction((sink: string, rows: readonly OutboxRow[]) =>
    settle(
      sink,
      rows.map(({ seq }) => ({ seq, verdict: 'refused' })),
      DAMAGED,
    ),
  )

  return {
    add: (sink, { seq, verdict }, grounds) => void insert.run({ sink, seq, verdict, ...grounds }),
    due(sink, utcMs, limit) {
      const rows = selectDue.all(sink, utcMs, limit)
      const damaged = rows.filter((row) => !isIntact(row))
      if (damaged.length > 0) refuseDamaged(sink, damaged)
      return rows.filter(isIntact).map(toMessage)
    },
    settle,
    count: (sink) => selectCounts.get(sink)!,
  }
}
