import type { Database } from '../disk/database.ts'
import { checksum, isIntact, OUTBOX_COLUMNS, type OutboxRow } from '../outbox/row.ts'
import type { Forgotten } from '../store.ts'
import { type Audit, withoutSubject } from './audit.ts'

/**
 * Removes every row that is of a meter: from all tables that name meters in a column, from the memory, and from the messages
 * that name it in their text. Freed pages are overwritten (`secure_delete`), and the write-ahead log is emptied.
 */
export const createForget = (db: Database, audit: Audit): ((meter: string) => Forgotten) => {
  const removeAll = db.transaction((meter: string): Forgotten => {
    const removed: Record<string, number> = { messages: mentions(db, meter) }
    for (const table of tablesOf(db)) removed[table] = db.prepare(`DELETE FROM ${table} WHERE meter = ?`).run(meter).changes
    removed['memory'] = db.prepare('DELETE FROM memory WHERE instr(key, ?) > 0').run(meter).changes
    removed['audit'] = withoutSubject(db, meter)
    audit.note('meter.forgotten', null, {})
    db.prepare('UPDATE meters SET replaced_by = NULL WHERE replaced_by = ?').run(meter)
    return Object.fromEntries(Object.entries(removed).filter(([, rows]) => rows > 0))
  })
  return (meter) => {
    const removed = removeAll(meter)
    db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all()
    return removed
  }
}

/** Tables with a column `meter`, whichever they are by now; that of the meters last, as others refer to it. */
const tablesOf = (db: Database): readonly string[] =>
  db
    .prepare<[], string>(`
      SELECT m.name FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS c
      WHERE m.type = 'table' AND c.name = 'meter' ORDER BY m.name = 'meters', m.name`)
    .pluck()
    .all()

/** Messages of days name the meters they miss: that name goes. Others that name it, an exchange for one, go whole. */
const mentions = (db: Database, meter: string): number => {
  const select = db.prepare<[string, string], OutboxRow>(`SELECT ${OUTBOX_COLUMNS} FROM outbox WHERE instr(body, ?) > 0 AND meter IS NOT ?`)
  const update = db.prepare<[body: string, checksum: Buffer, seq: number]>('UPDATE outbox SET body = ?, checksum = ? WHERE seq = ?')
  const remove = db.prepare<[seq: number]>('DELETE FROM outbox WHERE seq = ?')
  const rows = select.all(meter, meter)
  for (const row of rows) {
    const summary = row.kind === 'day' && isIntact(row) ? JSON.parse(row.body) : null
    if (summary === null) remove.run(row.seq)
    else {
      const body = JSON.stringify({ ...summary, missing: summary.missing.filter((name: string) => name !== meter) })
      update.run(body, checksum({ ...row, body }, row.storedAt), row.seq)
    }
  }
  return rows.length
}
