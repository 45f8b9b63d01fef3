import { existsSync, renameSync, rmSync } from 'node:fs'
import { type Connection, databasePath } from '../disk/database.ts'
import { syncDirectory } from '../disk/state-directory.ts'

/**
 * The file's name went away under an open connection, which still has all of it: a copy is made and takes the name. The
 * connection is closed by `reopen`, and before: at its end it removes the WAL of that name, which must not be the copy's.
 */
export const rescueMoved = (directory: string, connection: Connection, reopen: () => void): void => {
  const path = databasePath(directory)
  const copy = `${path}.rescued`
  rmSync(copy, { force: true })
  connection.prepare('VACUUM INTO ?').run(copy)
  connection.close()
  for (const part of ['-wal', '-shm']) rmSync(path + part, { force: true })
  if (existsSync(path)) renameSync(path, `${path}.replaced`)
  renameSync(copy, path)
  syncDirectory(directory)
  reopen()
}
