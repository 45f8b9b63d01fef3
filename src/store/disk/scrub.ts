/**
 * Looks for damage that nobody has met yet: a spoiled page of a table that is read once a month would go on being written around,
 * and into every backup.
 */
import type { Cancel, Clock } from '../../clock.ts'
import { pragmaNumber } from './compact.ts'
import type { Connection, Database } from './database.ts'

/** A file up to this is checked whole before the daemon is ready: a few seconds on a slow card. A larger one could take minutes. */
const CHECKED_WHOLE_BYTES = 64_000_000
/** Between two portions of the walk receiving has the processor to itself. */
const PAUSE_MS = 100
const PORTION = 500

/**
 * The tables that grow with every reading, and how each is walked through, its indexes included: a portion behind a key, and
 * the key it came to; null at the end.
 */
const WALKS: readonly { readonly table: string; readonly sql: string }[] = [
  {
    table: 'outbox',
    sql: `SELECT max(seq) AS last, sum(length(body) + length(checksum)) FROM (
      SELECT seq, body, checksum FROM outbox WHERE seq > ? ORDER BY seq LIMIT ${PORTION})`,
  },
  { table: 'outbox', sql: 'SELECT max(day) AS last, sum(length(id)) FROM outbox WHERE day = (SELECT min(day) FROM outbox WHERE day > ?)' },
  {
    table: 'sink_receipts',
    sql: `SELECT max(seq) AS last, sum(sent) FROM (
      SELECT seq, sent FROM sink_receipts WHERE seq > ? ORDER BY seq LIMIT ${PORTION})`,
  },
]

const isLarge = (db: Connection, largeBytes: number): boolean => pragmaNumber(db, 'page_count') * pragmaNumber(db, 'page_size') > largeBytes

const smallTables = (db: Connection): readonly string[] =>
  db
    .prepare<[], string>(`SELECT name FROM sqlite_schema WHERE type = 'table'`)
    .pluck()
    .all()
    .filter((name) => WALKS.every(({ table }) => table !== name))

/** Throws SQLITE_CORRUPT where the structure is not in order. Of a large file the large tables are left to the walk. */
export const checkStructure = (db: Connection, largeBytes = CHECKED_WHOLE_BYTES): void => {
  for (const part of isLarge(db, largeBytes) ? smallTables(db) : [1]) {
    const found = db.pragma(`quick_check(${part})`, { simple: true })
    if (found !== 'ok') throw Object.assign(new Error(`the file is damaged: ${found}`), { code: 'SQLITE_CORRUPT' })
  }
}

/** Walks once through what `checkStructure` left out. What it meets is told by the handle, as with any other reading. */
export const startWalk = (db: Database, clock: Clock, file: Connection, largeBytes = CHECKED_WHOLE_BYTES): Cancel => {
  const walks = isLarge(file, largeBytes)
    ? WALKS.map(({ sql }) => db.prepare<[string | number], { last: string | number | null }>(sql))
    : []
  let last: string | number = 0
  const step = (): void => {
    const walk = walks[0]
    if (walk === undefined) return
    try {
      const next = walk.get(last)!.last
      if (next === null) walks.shift()
      last = next ?? 0
      cancel = clock.after(PAUSE_MS, step)
    } catch {
      // Whatever the disk has against it, the store looks after that.
    }
  }
  let cancel = clock.after(PAUSE_MS, step)
  return () => cancel()
}
