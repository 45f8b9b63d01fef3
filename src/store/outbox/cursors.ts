import type { Database } from '../disk/database.ts'
import { DAMAGED, type Exceptions, type Grounds, type Judged } from './exceptions.ts'
import type { Lane, StoredMessage } from './messages.ts'
import { isIntact, OUTBOX_COLUMNS, type OutboxRow, toMessage } from './row.ts'

/**
 * What a sink has not accepted is always exactly
 *
 *   backlog [backlogNext, backlogEnd)  ∪  live [liveNext, ∞)  ∪  its exceptions
 *
 * and these never overlap: backlogEnd ≤ liveNext, and an exception lies behind the cursor that passed it. Every change of
 * it is one transaction. A sink not heard of before starts with everything that the outbox still keeps.
 */
interface Cursor {
  readonly liveNext: number
  readonly backlogNext: number
  readonly backlogEnd: number
  /** How many messages the sink has accepted. */
  readonly delivered: number
}

const NEW_SINK: Cursor = { liveNext: 1, backlogNext: 1, backlogEnd: 1, delivered: 0 }

interface LaneView {
  /** Where the lane begins, and the first seq that it does not reach. */
  range(cursor: Cursor): readonly [from: number, end: number]
  /** The cursor once the lane begins later. */
  advance(cursor: Cursor, next: number): Cursor
}

const LANES: Readonly<Record<Lane, LaneView>> = {
  backlog: {
    range: ({ backlogNext, backlogEnd }) => [backlogNext, backlogEnd],
    advance: (cursor, backlogNext) => ({ ...cursor, backlogNext }),
  },
  live: {
    range: ({ liveNext }) => [liveNext, Number.MAX_SAFE_INTEGER],
    advance: (cursor, liveNext) => ({ ...cursor, liveNext }),
  },
}

/** The two cursors of each sink over the outbox. */
interface Cursors {
  pending(sink: string, lane: Lane, limit: number): readonly StoredMessage[]
  settle(sink: string, judged: readonly Judged[], grounds: Grounds): void
  settleDue(sink: string, judged: readonly Judged[], grounds: Grounds): void
  split(sink: string, sinceUtcMs: number): void
  state(sink: string): { readonly live: number; readonly backlog: number; readonly everDelivered: boolean }
  everDelivered(): boolean
  /** Whether the sink has had its turn at a message. */
  passed(sink: string): (seq: number) => boolean
}

/** Told in the same transaction what a sink has accepted. */
type OnAccepted = (sink: string, seqs: readonly number[]) => void

export const createCursors = (db: Database, exceptions: Exceptions, onAccepted: OnAccepted): Cursors => {
  const tables: Tables = { cursors: cursorTable(db), outbox: outboxTable(db), exceptions, onAccepted }
  return {
    pending: pending(tables, db.transaction(passDamaged(tables))),
    settle: db.transaction(settle(tables)),
    settleDue: db.transaction(settleDue(tables)),
    split: db.transaction(split(tables)),
    state: state(tables),
    everDelivered: tables.cursors.everDelivered,
    passed(sink) {
      const { liveNext, backlogNext, backlogEnd } = tables.cursors.read(sink)
      return (seq) => seq < liveNext && !(seq >= backlogNext && seq < backlogEnd)
    },
  }
}

interface Tables {
  readonly cursors: ReturnType<typeof cursorTable>
  readonly outbox: ReturnType<typeof outboxTable>
  readonly exceptions: Exceptions
  readonly onAccepted: OnAccepted
}

const acceptedOf = (judged: readonly Judged[]): readonly number[] =>
  judged.filter(({ verdict }) => verdict === 'accepted').map(({ seq }) => seq)

const pending =
  ({ cursors, outbox }: Tables, passDamagedRow: ReturnType<typeof passDamaged>): Cursors['pending'] =>
  (sink, lane, limit) => {
    for (;;) {
      const rows = outbox.rows(...LANES[lane].range(cursors.read(sink)), limit)
      const damaged = rows.findIndex((row) => !isIntact(row))
      // A batch ends before a damaged row, so that the cursor comes to stand on it and can pass it alone.
      if (damaged !== 0) return (damaged < 0 ? rows : rows.slice(0, damaged)).map(toMessage)
      passDamagedRow(sink, lane, rows[0]!.seq)
    }
  }

const passDamaged =
  ({ cursors, exceptions }: Tables) =>
  (sink: string, lane: Lane, seq: number): void => {
    exceptions.add(sink, { seq, verdict: 'refused' }, DAMAGED)
    cursors.write(sink, LANES[lane].advance(cursors.read(sink), seq + 1))
  }

const settle =
  ({ cursors, outbox, exceptions, onAccepted }: Tables): Cursors['settle'] =>
  (sink, judged, grounds) => {
    let cursor = cursors.read(sink)
    // A split may have overtaken the batch: then its first messages are backlog now, or all of them.
    for (const { range, advance } of Object.values(LANES)) {
      const [from, end] = range(cursor)
      const passed = judged.filter(({ seq }) => seq >= from && seq < end)
      const last = passed.at(-1)?.seq
      // Rows of an older backlog may lie before them; to pass those would lose them.
      if (last === undefined || outbox.count(from, last) !== passed.length) continue
      const failed = passed.filter(({ verdict }) => verdict !== 'accepted')
      for (const message of failed) exceptions.add(sink, message, grounds)
      onAccepted(sink, acceptedOf(passed))
      cursor = { ...advance(cursor, last + 1), delivered: cursor.delivered + passed.length - failed.length }
    }
    cursors.write(sink, cursor)
  }

const settleDue =
  ({ cursors, exceptions, onAccepted }: Tables): Cursors['settleDue'] =>
  (sink, judged, grounds) => {
    onAccepted(sink, acceptedOf(judged))
    const cursor = cursors.read(sink)
    cursors.write(sink, { ...cursor, delivered: cursor.delivered + exceptions.settle(sink, judged, grounds) })
  }

const split =
  ({ cursors, outbox }: Tables): Cursors['split'] =>
  (sink, sinceUtcMs) => {
    const cursor = cursors.read(sink)
    const draining = outbox.rows(...LANES.backlog.range(cursor), 1).length > 0
    // While it drains, a backlog grows only where it still touches the live lane: after days without a broker, today comes first.
    if (draining && cursor.backlogEnd < cursor.liveNext) return
    const liveNext = outbox.firstSince(cursor.liveNext, sinceUtcMs)
    if (liveNext === cursor.liveNext) return
    cursors.write(sink, { ...cursor, liveNext, backlogEnd: liveNext, backlogNext: draining ? cursor.backlogNext : cursor.liveNext })
  }

const state =
  ({ cursors, outbox }: Tables): Cursors['state'] =>
  (sink) => {
    const cursor = cursors.read(sink)
    const { first, last } = outbox.bounds()
    // Numbers are given without gaps and retention takes them from below, so that subtracting counts them.
    const size = ([from, end]: readonly [number, number]): number => Math.max(0, Math.min(end, last + 1) - Math.max(from, first))
    return { live: size(LANES.live.range(cursor)), backlog: size(LANES.backlog.range(cursor)), everDelivered: cursor.delivered > 0 }
  }

const cursorTable = (db: Database) => {
  const select = db.prepare<[sink: string], Cursor>(`
    SELECT live_next AS liveNext, backlog_next AS backlogNext, backlog_end AS backlogEnd, delivered FROM sink_cursors WHERE sink = ?`)
  const put = db.prepare(`
    INSERT INTO sink_cursors (sink, live_next, backlog_next, backlog_end, delivered)
    VALUES (@sink, @liveNext, @backlogNext, @backlogEnd, @delivered)
    ON CONFLICT DO UPDATE SET live_next = excluded.live_next, backlog_next = excluded.backlog_next,
      backlog_end = excluded.backlog_end, delivered = excluded.delivered`)
  const anyDelivered = db.prepare<[], number>('SELECT EXISTS (SELECT 1 FROM sink_cursors WHERE delivered > 0)').pluck()
  return {
    read: (sink: string): Cursor => select.get(sink) ?? NEW_SINK,
    write: (sink: string, cursor: Cursor): void => void put.run({ sink, ...cursor }),
    everDelivered: (): boolean => anyDelivered.get() === 1,
  }
}

/** Questions to the outbox by seq: all of them stay on the part of the table they name. */
const outboxTable = (db: Database) => {
  const selectRows = db.prepare<[from: number, end: number, limit: number], OutboxRow>(`
    SELECT ${OUTBOX_COLUMNS} FROM outbox WHERE seq >= ? AND seq < ? ORDER BY seq LIMIT ?`)
  const selectCount = db.prepare<[from: number, last: number], number>('SELECT count(*) FROM outbox WHERE seq BETWEEN ? AND ?').pluck()
  const selectSince = db
    .prepare<[from: number, utcMs: number], number>('SELECT seq FROM outbox WHERE seq >= ? AND stored_at >= ? ORDER BY seq LIMIT 1')
    .pluck()
  const selectBounds = db.prepare<[], { first: number; last: number }>(`
    SELECT coalesce((SELECT min(seq) FROM outbox), 1) AS first, coalesce((SELECT max(seq) FROM outbox), 0) AS last`)
  const bounds = () => selectBounds.get()!
  return {
    rows: (from: number, end: number, limit: number): readonly OutboxRow[] => selectRows.all(from, end, limit),
    count: (from: number, last: number): number => selectCount.get(from, last)!,
    bounds,
    /** The first seq from there on that was stored since then; where there is none, the one after the last. */
    firstSince: (from: number, utcMs: number): number => selectSince.get(from, utcMs) ?? Math.max(from, bounds().last + 1),
  }
}
