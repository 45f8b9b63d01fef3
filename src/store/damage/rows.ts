/** Rows of any table, for copies that know nothing of what is in them: columns added later come along by themselves. */
import type { Statement } from 'better-sqlite3'
import type { Connection } from '../disk/database.ts'

export type Row = Readonly<Record<string, string | number | bigint | Uint8Array | null>>

/** JSON with blobs as `{"hex": "…"}`. */
export const rowText = (value: unknown): string =>
  JSON.stringify(value, (_, part) =>
    part?.type === 'Buffer' && Array.isArray(part.data) ? { hex: Buffer.from(part.data).toString('hex') } : part,
  )

/** A row as `rowText` wrote it. */
export const rowFrom = (json: Readonly<Record<string, string | number | { readonly hex: string } | null>>): Row =>
  Object.fromEntries(
    Object.entries(json).map(([name, value]) => [
      name,
      value !== null && typeof value === 'object' ? Buffer.from(value.hex, 'hex') : value,
    ]),
  )

/**
 * Puts rows into a table, each without the columns the table does not have; false where it will not take a row or has it
 * already.
 */
export const rowInserter = (db: Connection, table: string): ((row: Row) => boolean) => {
  const columns = columnsOf(db, table).map(({ name }) => name)
  const statements = new Map<string, Statement<unknown[]>>()
  const statementOf = (names: readonly string[]): Statement<unknown[]> => {
    const known = statements.get(names.join())
    if (known !== undefined) return known
    const made = db.prepare<unknown[]>(`INSERT OR IGNORE INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`)
    statements.set(names.join(), made)
    return made
  }
  return (row) => {
    const names = columns.filter((name) => name in row)
    try {
      return statementOf(names).run(...names.map((name) => row[name])).changes > 0
    } catch (error) {
      if (isRefusal(error)) return false
      throw error
    }
  }
}

/** A constraint of the table, or a value of a type the column is not of: the row's fault, and not the disk's. */
const isRefusal = (error: unknown): boolean => /^SQLITE_(CONSTRAINT|MISMATCH)/.test((error as { code?: string }).code ?? '')

interface Column {
  readonly name: string
  /** Its place in the primary key, from 1; 0 where it is not part of it. */
  readonly pk: number
}

const columnsOf = (db: Connection, table: string): readonly Column[] => db.pragma(`table_info(${table})`) as Column[]

const PAGE_ROWS = 200

/**
 * The rows of a table of a damaged file in the order of its primary key: from the front until the damage, then from the back
 * until the damage. In portions, so that the caller can do other things in between.
 */
export function* readableRows(db: Connection, table: string): Generator<readonly Row[]> {
  const key = columnsOf(db, table)
    .filter(({ pk }) => pk > 0)
    .sort((a, b) => a.pk - b.pk)
    .map(({ name }) => name)
  if (key.length === 0) return
  const whole = yield* walk(db, table, key, '>', 'ASC')
  if (!whole) yield* walk(db, table, key, '<', 'DESC')
}

/** Returns whether the walk came to the end without meeting damage. What both walks read is handed out twice at most. */
function* walk(
  db: Connection,
  table: string,
  key: readonly string[],
  beyond: '<' | '>',
  order: string,
): Generator<readonly Row[], boolean> {
  const by = key.map((name) => `${name} ${order}`).join(', ')
  const places = key.map(() => '?').join(', ')
  let last: Row | undefined
  try {
    const first = db.prepare<unknown[], Row>(`SELECT * FROM ${table} ORDER BY ${by} LIMIT ?`)
    const next = db.prepare<unknown[], Row>(`SELECT * FROM ${table} WHERE (${key.join(', ')}) ${beyond} (${places}) ORDER BY ${by} LIMIT ?`)
    let size = PAGE_ROWS
    for (;;) {
      const rows = read(() => (last === undefined ? first.all(size) : next.all(...key.map((name) => last![name]), size)))
      if (rows === null && size === 1) return false
      // Near the damage row by row, to have every one that can be had.
      if (rows === null) size = 1
      else {
        if (rows.length > 0) yield rows
        if (rows.length < size) return true
        last = rows.at(-1)
      }
    }
  } catch {
    return false
  }
}

const read = (rows: () => readonly Row[]): readonly Row[] | null => {
  try {
    return rows()
  } catch {
    return null
  }
}
