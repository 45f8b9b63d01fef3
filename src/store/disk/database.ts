import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import type SqliteTypes from 'better-sqlite3'
import { MIGRATIONS } from './migrations.ts'
import { Sqlite } from './sqlite.ts'
import { makeStateDirectory, secureFile } from './state-directory.ts'

/** One open connection to the file. */
export type Connection = SqliteTypes.Database

/** What the rooms of the store need of it. */
export type Database = Pick<Connection, 'prepare' | 'transaction'>

/**
 * What every writing connection is set to and must read back, each time it opens: most of it is not kept in the file.
 * The order matters: auto_vacuum can be chosen only while the file is empty, and journal_mode writes to it.
 */
const PRAGMAS: readonly { readonly name: string; readonly set: string; readonly reads: string | number }[] = [
  { name: 'busy_timeout', set: '5000', reads: 5000 },
  // A key that was removed is overwritten, not just unlinked.
  { name: 'secure_delete', set: 'ON', reads: 1 },
  { name: 'auto_vacuum', set: 'INCREMENTAL', reads: 2 },
  { name: 'journal_mode', set: 'WAL', reads: 'wal' },
  // better-sqlite3 opens an existing WAL file with NORMAL, which loses committed rows at a power cut.
  { name: 'synchronous', set: 'FULL', reads: 2 },
  { name: 'foreign_keys', set: 'ON', reads: 1 },
  // On a full disk a large WAL holds the very space that is needed to empty it.
  { name: 'journal_size_limit', set: '262144', reads: 262144 },
  { name: 'wal_autocheckpoint', set: '64', reads: 64 },
  // 2 MB of RAM, whatever the library's own default is.
  { name: 'cache_size', set: '-2000', reads: -2000 },
]

/** The file stays below this if nothing else is said: room for 690,000 readings. */
const MAX_BYTES = 1_000_000_000

export const databasePath = (directory: string): string => join(directory, 'varmesky.db')

/** Opens the state for writing, created and brought up to date where needed. Throws an error that says what to try. */
export const openDatabase = (directory: string, maxBytes = MAX_BYTES): Connection => {
  const open = (path: string) => {
    makeStateDirectory(directory)
    return new Sqlite(path)
  }
  return opened(directory, open, (connection) => prepareToWrite(connection, directory, maxBytes))
}

/** Opens the state for reading, beside a running daemon or without one. Throws an error that says what to try. */
export const openReadOnlyDatabase = (directory: string): Connection => {
  const open = (path: string) => {
    accessSync(path, constants.R_OK)
    return new Sqlite(path, { readonly: true, fileMustExist: true })
  }
  return opened(directory, open, prepareToRead)
}

/** Empties the WAL into the database and closes it; harmless when closed already. */
export const closeDatabase = (db: Connection): void => {
  if (!db.open || db.readonly || db.memory) {
    db.close()
    return
  }
  let reader: Connection | undefined
  try {
    db.pragma('wal_checkpoint(TRUNCATE)')
    // Closed last by a reader, the (empty) -wal and -shm stay: without them, who may not write here could not read either.
    reader = new Sqlite(db.name, { readonly: true })
    reader.pragma('user_version')
  } catch {
    // The disk refuses: what is committed stays in the WAL, and the next opening takes it from there.
  } finally {
    db.close()
    reader?.close()
  }
}

/** Takes the steps that the database has not taken yet, each whole or not at all. */
export const migrate = (db: Connection, steps: readonly string[]): void => {
  for (let version = stepsTaken(db, steps) + 1; version <= steps.length; version++) {
    db.transaction(() => {
      db.exec(steps[version - 1]!)
      db.pragma(`user_version = ${version}`)
    }).immediate()
  }
}

const stepsTaken = (db: Connection, steps: readonly string[]): number => {
  const version = db.pragma('user_version', { simple: true }) as number
  if (version <= steps.length) return version
  throw new Error(
    `it is of a newer Varmesky (schema ${version}, this one knows ${steps.length}): install that one again, or restore a backup from before the update`,
  )
}

/** The settings of a writing connection. Throws where one does not read back. */
const set = (db: Connection, name: string, value: string | number, reads: string | number): void => {
  db.pragma(`${name} = ${value}`)
  const found = db.pragma(name, { simple: true })
  if (found !== reads) throw new Error(`SQLite keeps ${name} at ${found} instead of ${reads}: the file system may not be fit for it`)
}

const prepareToWrite = (db: Connection, directory: string, maxBytes: number): void => {
  secureFile(directory, db.name, 0o640)
  for (const pragma of PRAGMAS) set(db, pragma.name, pragma.set, pragma.reads)
  const page = (name: string): number => db.pragma(name, { simple: true }) as number
  const pages = Math.floor(maxBytes / page('page_size'))
  // A file that is larger already stays as it is, and grows no more.
  set(db, 'max_page_count', pages, Math.max(pages, page('page_count')))
  migrate(db, MIGRATIONS)
}

/** A database in RAM with the present tables and nothing in them. */
export const emptyDatabase = (): Connection => {
  const db = new Sqlite(':memory:')
  for (const name of ['secure_delete', 'auto_vacuum', 'foreign_keys'] as const) {
    const pragma = PRAGMAS.find((each) => each.name === name)!
    set(db, name, pragma.set, pragma.reads)
  }
  migrate(db, MIGRATIONS)
  return db
}

const prepareToRead = (db: Connection): void => {
  if (stepsTaken(db, MIGRATIONS) === MIGRATIONS.length) return
  throw new Error('it is of an older Varmesky: restart the daemon, which brings it up to date')
}

const opened = (directory: string, open: (path: string) => Connection, prepare: (db: Connection) => void): Connection => {
  let db: Connection | undefined
  try {
    db = open(databasePath(directory))
    prepare(db)
    return db
  } catch (cause) {
    db?.close()
    throw Object.assign(new Error(`Cannot open the state in ${directory}: ${advice(cause as Error)}`, { cause }), codeOf(cause))
  }
}

/** The code of SQLite or of the system goes on with the advice: it says how to recover. */
const codeOf = (cause: unknown): { code?: string } => {
  const { code } = cause as { code?: string }
  return code === undefined ? {} : { code }
}

const DAMAGED = 'the file is damaged: start the daemon, which puts it aside and saves what can be read'
const READ_ONLY = 'the file system is read-only: look for disk errors in the system log, then repair and mount it again'
const NOT_WRITABLE = 'this user may not write there: use sudo, or the user that runs the daemon'

/** What to try, by the error's code or the beginning of it. */
const ADVICE: readonly (readonly [code: string, advice: string])[] = [
  ['ENOENT', 'there is none yet: start the daemon once, or give the right stateDirectory'],
  ['EACCES', 'this user may not: join the group that owns it to read, use sudo to write'],
  ['EPERM', NOT_WRITABLE],
  ['EROFS', READ_ONLY],
  ['SQLITE_READONLY', NOT_WRITABLE],
  ['SQLITE_CANTOPEN', NOT_WRITABLE],
  ['SQLITE_NOTADB', DAMAGED],
  ['SQLITE_CORRUPT', DAMAGED],
  ['SQLITE_BUSY', 'another program keeps it locked: end that one first'],
  ['ENOSPC', 'the disk is full: make room'],
  ['SQLITE_FULL', 'the disk is full: make room'],
  ['SQLITE_IOERR', 'the disk reports errors: check it, and the system log'],
]

const advice = (cause: Error & { readonly code?: string }): string =>
  ADVICE.find(([code]) => cause.code?.startsWith(code))?.[1] ?? cause.message
