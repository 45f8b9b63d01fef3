import { join } from 'node:path'
import type SqliteTypes from 'better-sqlite3'
import { Sqlite } from './sqlite.ts'
import { makeStateDirectory, secureFile } from './state-directory.ts'

/** The right to write in a state directory. */
export interface Lock {
  release(): void
}

/**
 * Takes the state directory for this process, or null while another one has it: the daemon holds it as long as it runs,
 * a command that writes without a daemon as long as it writes. Throws where this user may not write.
 *
 * Node has no flock; an exclusive transaction on a file of its own is the same, and the kernel ends it with the process,
 * however that dies.
 */
export const acquireLock = (directory: string): Lock | null => {
  let db: SqliteTypes.Database | undefined
  try {
    makeStateDirectory(directory)
    const path = join(directory, 'varmesky.lock')
    db = new Sqlite(path, { timeout: 0 })
    db.exec('BEGIN EXCLUSIVE')
    secure(directory, path)
  } catch (cause) {
    db?.close()
    if (cause instanceof Sqlite.SqliteError && cause.code === 'SQLITE_BUSY') return null
    throw new Error(`Cannot write in the state directory ${directory}: use sudo, or the user that runs the daemon`, { cause })
  }
  const held = db
  return { release: () => void held.close() }
}

/** On a disk that has become read-only the lock holds all the same, and the mode is what it was. */
const secure = (directory: string, path: string): void => {
  try {
    secureFile(directory, path, 0o600)
  } catch (error) {
    if ((error as { code?: string }).code !== 'EROFS') throw error
  }
}
