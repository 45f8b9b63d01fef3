import { filesAside } from '../damage/aside.ts'
import { readMetersCopy } from '../damage/meters-copy.ts'
import { isIntact, OUTBOX_COLUMNS, type OutboxRow } from '../outbox/row.ts'
import { type Connection, openReadOnlyDatabase } from './database.ts'

/** What was found in a database that was read from end to end. */
export interface Inspection {
  /** What SQLite says of the file's structure; empty where it is in order. */
  readonly structure: readonly string[]
  readonly messages: number
  /** Numbers of messages that do not say what was stored. */
  readonly damaged: readonly number[]
  readonly meters: number
  readonly keys: number
  /** The second copy of meters and keys: as many as the database has, fewer or more, or none that can be read. */
  readonly copy: 'same' | 'other' | 'missing'
  /** Damaged files put aside that were not read out yet. */
  readonly aside: readonly string[]
  readonly bytes: number
  /** Bytes the file may grow to as it is now, before pages that are free in it. */
  readonly free: number
}

const MOST_PROBLEMS = 20

/** Reads everything, beside a running daemon or without one. Throws where the file cannot be opened at all. */
export const inspect = (directory: string): Inspection => {
  const db = openReadOnlyDatabase(directory)
  try {
    const structure = [...structureOf(db)]
    const number = (sql: string): number => orNaN(() => db.prepare<[], number>(sql).pluck().get()!)
    const pragma = (name: string): number => orNaN(() => db.pragma(name, { simple: true }) as number)
    const damaged: number[] = []
    let messages = 0
    try {
      for (const row of db.prepare<[], OutboxRow>(`SELECT ${OUTBOX_COLUMNS} FROM outbox ORDER BY seq`).iterate()) {
        messages++
        if (!isIntact(row)) damaged.push(row.seq)
      }
    } catch (error) {
      structure.push(`messages can be read up to a point only: ${(error as Error).message}`)
    }
    const meters = number('SELECT count(*) FROM meters')
    const keys = number('SELECT count(*) FROM meter_keys')
    const copy = readMetersCopy(directory)
    const same = copy !== null && copy.meters.length === meters && copy.keys.length === keys
    return {
      structure,
      messages,
      damaged,
      meters,
      keys,
      copy: copy === null ? 'missing' : same ? 'same' : 'other',
      aside: filesAside(directory),
      bytes: pragma('page_count') * pragma('page_size'),
      free: pragma('freelist_count') * pragma('page_size'),
    }
  } finally {
    db.close()
  }
}

const structureOf = (db: Connection): readonly string[] => {
  try {
    const found = db.pragma(`integrity_check(${MOST_PROBLEMS})`) as { integrity_check: string }[]
    return found.map((row) => row.integrity_check).filter((text) => text !== 'ok')
  } catch (error) {
    return [(error as Error).message]
  }
}

const orNaN = (ask: () => number): number => {
  try {
    return ask()
  } catch {
    return Number.NaN
  }
}
