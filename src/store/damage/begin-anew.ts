import type { Connection } from '../disk/database.ts'
import { filesAside, openAside } from './aside.ts'
import { lastGiven, readMetersCopy, restoreMeters } from './meters-copy.ts'
import { readableRows, rowInserter } from './rows.ts'

/** The kind in `memory` that tells how far the reading of each file put aside has come. */
export const SALVAGE = 'salvage'

/** What a new file was given. */
export interface Begun {
  /** Files put aside that were taken up now. */
  readonly files: readonly string[]
  /** Meters that came back, from the copy or the damaged file. */
  readonly meters: number
}

/**
 * What a new file needs at once, in one transaction with the note that it has it: meters and keys (from the copy, or else from
 * the damaged file), memory, messages by SMS, and numbers above all that were given. The outbox follows in the background. Changes nothing
 * where nothing is missing.
 */
export const beginFrom = (directory: string, db: Connection): Begun => {
  const isKnown = db.prepare<[string, string], number>('SELECT 1 FROM memory WHERE kind = ? AND key = ?').pluck()
  // The newest first: what it says of memory and of earlier files counts.
  const files = filesAside(directory)
    .filter((name) => isKnown.get(SALVAGE, name) === undefined)
    .reverse()
  const hasMeters = db.prepare('SELECT 1 FROM meters').get() !== undefined
  // It is as large as the list of meters, and most starts have no use for it.
  const copy = hasMeters && files.length === 0 ? null : readMetersCopy(directory)
  const restored = (): number => {
    if (copy === null || hasMeters) return 0
    raiseSeq(db, 'outbox', copy.seqBelow)
    return restoreMeters(db, copy)
  }
  return db
    .transaction(() => {
      const fromCopy = restored()
      const fromFiles = files.map((name) => takeUp(directory, name, db, copy !== null))
      return { files, meters: fromFiles.reduce((sum, n) => sum + n, fromCopy) }
    })
    .immediate()
}

/** Returns how many meters came of it. */
const takeUp = (directory: string, name: string, db: Connection, hasMeters: boolean): number => {
  const source = readable(directory, name)
  const take = (table: string): number => {
    let taken = 0
    for (const rows of readableRows(source!, table)) taken += rows.filter(rowInserter(db, table)).length
    return taken
  }
  let meters = 0
  if (source !== null) {
    if (!hasMeters) {
      meters = take('meters')
      take('meter_keys')
    }
    take('memory')
    raiseSeq(db, 'sms_pdus', lastSeq(source, 'sms_pdus'))
    take('sms_pdus')
    raiseSeq(db, 'outbox', lastSeq(source, 'outbox'))
    takeCursors(source, db)
    source.close()
  }
  rowInserter(db, 'memory')({ kind: SALVAGE, key: name, value: '{}' })
  return meters
}

/** Null where nothing at all can be read. */
const readable = (directory: string, name: string): Connection | null => {
  try {
    return openAside(directory, name)
  } catch {
    return null
  }
}

/** From here on numbers above this one are given. */
const raiseSeq = (db: Connection, table: string, seq: number): void => {
  const changed = db.prepare('UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?').run(seq, table).changes
  if (changed === 0) db.prepare('INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)').run(table, seq)
}

/** The sinks that were known have nothing before them yet: what they still have to get is put in behind these numbers. */
const takeCursors = (source: Connection, db: Connection): void => {
  const next = lastGiven(db) + 1
  const insert = rowInserter(db, 'sink_cursors')
  for (const rows of readableRows(source, 'sink_cursors'))
    for (const row of rows) insert({ ...row, live_next: next, backlog_next: next, backlog_end: next })
}

/** The highest number that was given, as far as the file can tell. */
const lastSeq = (source: Connection, table: string): number => {
  const told = [() => lastGiven(source, table), () => Number(source.prepare(`SELECT max(seq) FROM ${table}`).pluck().get() ?? 0)]
  return Math.max(...told.map((tell) => orZero(tell)))
}

const orZero = (tell: () => number): number => {
  try {
    return tell()
  } catch {
    return 0
  }
}
