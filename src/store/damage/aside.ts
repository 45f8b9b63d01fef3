/** What becomes of a damaged database file: it is put aside under another name, and a new one takes its place at once. */
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Connection, databasePath } from '../disk/database.ts'
import { Sqlite } from '../disk/sqlite.ts'
import { syncDirectory } from '../disk/state-directory.ts'
import { replaceSchema } from './schema-pages.ts'

/** Put aside and not yet read out; read out: kept for eyes until the next one. */
const CORRUPT = 'varmesky.db.corrupt-'
const SALVAGED = 'varmesky.db.salvaged-'
/** SQLite finds a file's WAL by its name; the WAL goes first, so that an interrupted move shows. */
const PARTS = ['-wal', '-shm', ''] as const

/** Puts the database aside; the connection to it must be closed. Returns its new name, with the time where it is known. */
export const putAside = (directory: string, utcMs: number | null): string => {
  const stamp = utcMs === null ? 'undated' : new Date(utcMs).toISOString().replace(/[-:]|\.\d+/g, '')
  let name = `${CORRUPT}${stamp}`
  for (let n = 2; PARTS.some((part) => existsSync(join(directory, name + part))); n++) name = `${CORRUPT}${stamp}-${n}`
  move(directory, name)
  return name
}

/** Ends a move that a power cut stopped half-way: the file without its WAL would be an older state, or none at all. */
export const finishPutAside = (directory: string): void => {
  const names = existsSync(directory) ? readdirSync(directory) : []
  const half = names.find((name) => name.startsWith(CORRUPT) && name.endsWith('-wal') && !names.includes(name.slice(0, -4)))
  if (half !== undefined) move(directory, half.slice(0, -4))
}

const move = (directory: string, name: string): void => {
  for (const part of PARTS) {
    const from = databasePath(directory) + part
    if (existsSync(from)) renameSync(from, join(directory, name + part))
  }
  syncDirectory(directory)
}

/** The files put aside that were not read out yet, the oldest first. */
export const filesAside = (directory: string): readonly string[] =>
  readdirSync(directory)
    .filter((name) => name.startsWith(CORRUPT) && !/-(wal|shm)$/.test(name))
    .sort()

/** A file was read out: it stays for eyes, and the one before it goes. */
export const markSalvaged = (directory: string, name: string): void => {
  for (const old of readdirSync(directory)) if (old.startsWith(SALVAGED)) rmSync(join(directory, old))
  for (const part of PARTS) {
    const from = join(directory, name + part)
    if (existsSync(from)) renameSync(from, join(directory, SALVAGED + name.slice(CORRUPT.length) + part))
  }
  syncDirectory(directory)
}

/** Removes what was read out and put aside before; returns how many files. A name without a time goes by the file's own. */
export const purgeSalvaged = (directory: string, beforeUtcMs: number, dryRun: boolean): number => {
  const old = readdirSync(directory).filter((name) => name.startsWith(SALVAGED) && asideAt(directory, name) < beforeUtcMs)
  if (!dryRun) for (const name of old) rmSync(join(directory, name), { force: true })
  return old.length
}

const asideAt = (directory: string, name: string): number => {
  const [, year, month, day, hour, minute, second] = STAMP.exec(name) ?? []
  if (year === undefined) return statSync(join(directory, name)).mtimeMs
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
}
const STAMP = /-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/

/**
 * Opens a file put aside, as much as it can be opened. Where it does not say what it is, it is told what it should be. Whatever
 * comes out of it is held against its own checksum.
 */
export const openAside = (directory: string, name: string): Connection => {
  const path = join(directory, name)
  const attempt = (): Connection => {
    const connection = new Sqlite(path, { fileMustExist: true })
    try {
      connection.pragma('cell_size_check = ON')
      connection.pragma('wal_checkpoint(TRUNCATE)')
      connection.prepare('SELECT seq, body, checksum FROM outbox LIMIT 0')
      return connection
    } catch (error) {
      connection.close()
      throw error
    }
  }
  try {
    return attempt()
  } catch (error) {
    if (!NOT_WHAT_IT_IS.test((error as { code?: string }).code ?? '')) throw error
    replaceSchema(path)
    return attempt()
  }
}

/** It is no database, names no tables, or names them wrong. */
const NOT_WHAT_IT_IS = /^SQLITE_(NOTADB|CORRUPT|ERROR)/
