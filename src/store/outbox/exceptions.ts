import type { Verdict } from '../../sinks/sink.ts'
import type { Database } from '../disk/database.ts'
import type { ExceptionQuery, ExceptionRow, StoredMessage } from './messages.ts'
import { isIntact, OUTBOX_COLUMNS, type OutboxRow, toMessage } from './row.ts'

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
  /** To be sent (again) from then on, whatever became of them so far. */
  requeue(sink: string, seqs: readonly number[], reason: string | null, retryAt: number): void
  list(query: ExceptionQuery): readonly ExceptionRow[]
  /** Those held or refused are to be sent again from then on; returns how many. */
  retry(query: ExceptionQuery, retryAt: number): number
  /** Gives up those held or refused; returns how many. */
  drop(query: ExceptionQuery): number
}

export const createExceptions = (db: Database): Exceptions => {
  const insert = db.prepare(`
    INSERT INTO outbox_exceptions (sink, seq, state, attempts, reason, retry_at) VALUES (@sink, @seq, @verdict, 1, @reason, @retryAt)`)
  const update = db.prepare(`
    UPDATE outbox_exceptions SET state = @verdict, attempts = attempts + 1, reason = @reason, retry_at = @retryAt
    WHERE sink = @sink AND seq = @seq AND state = 'held'`)
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
    ...byHand(db),
  }
}

const WANTED = `
  (@sink IS NULL OR sink = @sink) AND (@state IS NULL OR state = @state)
  AND (@seqs IS NULL OR seq IN (SELECT value FROM json_each(@seqs)))`

/** What a person asks of them. */
const byHand = (db: Database): Pick<Exceptions, 'requeue' | 'list' | 'retry' | 'drop'> => {
  const put = db.prepare(`
    INSERT INTO outbox_exceptions (sink, seq, state, attempts, reason, retry_at) VALUES (@sink, @seq, 'held', 0, @reason, @retryAt)
    ON CONFLICT DO UPDATE SET state = 'held', reason = excluded.reason, retry_at = excluded.retry_at`)
  const select = db.prepare<[ReturnType<typeof bound>], ExceptionRow>(`
    SELECT sink, seq, kind, id, meter, day, state, attempts, reason, iif(state = 'held', retry_at, NULL) AS retryAt
    FROM outbox_exceptions JOIN outbox USING (seq)
    WHERE ${WANTED} ORDER BY seq, sink LIMIT @limit`)
  const retry = db.prepare(`
    UPDATE outbox_exceptions SET state = 'held', retry_at = @retryAt
    WHERE ${WANTED} AND state <> 'dropped' AND coalesce(reason, '') <> '${DAMAGED.reason}'`)
  const drop = db.prepare(`UPDATE outbox_exceptions SET state = 'dropped', retry_at = NULL WHERE ${WANTED} AND state <> 'dropped'`)
  return {
    requeue(sink, seqs, reason, retryAt) {
      for (const seq of seqs) put.run({ sink, seq, reason, retryAt })
    },
    list: (query) => select.all(bound(query)),
    retry: (query, retryAt) => retry.run({ ...bound(query), retryAt }).changes,
    drop: (query) => drop.run(bound(query)).changes,
  }
}

const bound = ({ sink = null, state = null, seqs, limit = -1 }: { [K in keyof ExceptionQuery]?: ExceptionQuery[K] | null }) => ({
  sink,
  state,
  seqs: seqs ? JSON.stringify(seqs) : null,
  limit,
})
