import type { Clock } from '../../clock.ts'
import type { Outgoing, Verdict } from '../../sinks/sink.ts'
import type { Database } from '../disk/database.ts'
import { createEvents } from '../events.ts'
import { createListeners } from '../listeners.ts'
import { createCommitter } from './committer.ts'
import { createCursors } from './cursors.ts'
import { createExceptions, type Grounds, type Judged } from './exceptions.ts'
import type { Draft, Outbox, StoredMessage } from './messages.ts'
import { createReadings } from './readings.ts'
import { createReceipts } from './receipts.ts'
import { createResend } from './resend.ts'
import { checksum } from './row.ts'

/** The outbox and the end of its timer. */
export const createOutbox = (db: Database, clock: Clock): { readonly outbox: Outbox; stop(): void } => {
  const committer = createCommitter(clock, createAppend(db, clock))
  const exceptions = createExceptions(db)
  const receipts = createReceipts(db)
  const cursors = createCursors(db, exceptions, (sink, seqs) => receipts.accepted(sink, seqs, clock.utcMs()))
  const due = createListeners<void>()
  const now = (): number => clock.utcMs() ?? 0
  /** Tells once there is something to send. */
  const toSend = (count: number): number => {
    if (count > 0) due.tell()
    return count
  }
  const again = createResend(db, { exceptions, passed: cursors.passed, unconfirmed: receipts.unconfirmed })
  const outbox: Outbox = {
    add: committer.add,
    flush: committer.flush,
    onStored: committer.onStored,
    onTrouble: committer.onTrouble,
    queue: committer.queue,
    pending: cursors.pending,
    due: exceptions.due,
    settle: (sink, batch, results, reason, retryAt) => cursors.settle(sink, judge(batch, results), grounds(reason, retryAt)),
    settleDue: (sink, batch, results, reason, retryAt) => cursors.settleDue(sink, judge(batch, results), grounds(reason, retryAt)),
    split: cursors.split,
    state(sink) {
      const counts = receipts.count(sink)
      return { sink, ...cursors.state(sink), ...exceptions.count(sink), ...(counts && { receipts: counts }) }
    },
    readings: createReadings(db),
    events: createEvents(db),
    everDelivered: cursors.everDelivered,
    onDue: due.add,
    expectReceipts: receipts.expect,
    confirmIds: (sink, ids) => receipts.confirmIds(sink, ids, clock.utcMs()),
    confirmDay: (sink, day) => receipts.confirmDay(sink, day, clock.utcMs()),
    resendUnconfirmed: (sink, utcMs, limit) => toSend(again.unconfirmed(sink, utcMs, limit)),
    resend: (query) => toSend(again.span(query, now())),
    receipts: receipts.list,
    exceptions: exceptions.list,
    retry: (query) => toSend(exceptions.retry(query, now())),
    drop: exceptions.drop,
  }
  return { outbox, stop: committer.stop }
}

/** Stores drafts in one transaction and returns the new ones: one whose id is there with the same or a higher precedence is not. */
const createAppend = (db: Database, clock: Clock): ((drafts: readonly Draft[]) => readonly StoredMessage[]) => {
  const insert = db
    .prepare<[Draft & { checksum: Buffer; storedAt: number | null }], number>(`
      INSERT INTO outbox (kind, id, meter, day, precedence, body, checksum, stored_at)
      SELECT @kind, @id, @meter, @day, @precedence, @body, @checksum, @storedAt
      WHERE NOT EXISTS (
        SELECT 1 FROM outbox WHERE day IS @day AND meter IS @meter AND id = @id AND coalesce(precedence, 0) >= coalesce(@precedence, 0))
      RETURNING seq`)
    .pluck()
  return db.transaction((drafts: readonly Draft[]) => {
    const storedAt = clock.utcMs()
    return drafts.flatMap((draft) => {
      const seq = insert.get({ ...draft, checksum: checksum(draft, storedAt), storedAt })
      return seq === undefined ? [] : [{ seq, ...draft, storedAt }]
    })
  })
}

/** A back-off with jitter may fall between two milliseconds; the column takes whole ones. */
const grounds = (reason: string | null, retryAt: number): Grounds => ({ reason, retryAt: Math.ceil(retryAt) })

const judge = (batch: readonly Outgoing[], results: readonly Verdict[]): readonly Judged[] => {
  if (results.length !== batch.length) throw new Error(`A sink gave ${results.length} verdicts on ${batch.length} messages`)
  return batch.map(({ seq }, index) => ({ seq, verdict: results[index]! }))
}
