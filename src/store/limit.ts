import type { Connection } from './database.ts'

/** A commit of a hundred messages may need so many pages. */
const HEADROOM_PAGES = 64
const DROPPED_AT_ONCE = 2_000
/** Free pages that stay in the file to be used again; more of them are given back, so many at a time. */
const KEPT_PAGES = 400
const GIVEN_BACK = 200

const number = (db: Connection, pragma: string): number => db.pragma(pragma, { simple: true }) as number

/**
 * Where the file has reached its limit, drops the oldest messages that every sink has had. What was not delivered stays,
 * whatever comes. Returns how many went.
 */
export const dropDelivered = (db: Connection, sinks: readonly string[]): number => {
  const used = number(db, 'page_count') - number(db, 'freelist_count')
  if (used + HEADROOM_PAGES < number(db, 'max_page_count')) return 0
  const needed = db
    .prepare<[string], number>(
      'SELECT iif(backlog_next < backlog_end, min(backlog_next, live_next), live_next) FROM sink_cursors WHERE sink = ?',
    )
    .pluck()
  const first = Math.min(...sinks.map((sink) => needed.get(sink) ?? 0))
  if (!Number.isFinite(first)) return 0
  return db
    .prepare(`
      DELETE FROM outbox WHERE seq IN (
        SELECT seq FROM outbox
        WHERE seq < ? AND NOT EXISTS (SELECT 1 FROM outbox_exceptions AS e WHERE e.seq = outbox.seq AND e.state = 'held')
        ORDER BY seq LIMIT ${DROPPED_AT_ONCE})`)
    .run(first).changes
}

/** Gives a few free pages at the end of the file back to the disk, where there are many. */
export const giveBack = (db: Connection): void => {
  if (number(db, 'freelist_count') > KEPT_PAGES) db.pragma(`incremental_vacuum(${GIVEN_BACK})`)
}
