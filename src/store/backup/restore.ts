import { mkdirSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Connection, databasePath, openDatabase } from '../disk/database.ts'
import { type Inspection, inspect } from '../disk/inspect.ts'
import { secureFile, syncDirectory, synced } from '../disk/state-directory.ts'
import { auditAppender } from '../meters/audit.ts'
import { writeKekFile } from '../meters/kek.ts'
import { type Backup, unpackDatabase } from './file.ts'
import { dropKeys, type Opened, rewrapKeys, tryKeys } from './keys.ts'

/** What becomes of the meter keys, and of the key-encryption key they are sealed with. */
export type KeyPlan =
  | { readonly kind: 'none' }
  /** The box has the same one already. */
  | { readonly kind: 'same'; readonly kek: Uint8Array }
  /** The box has none yet: it gets the backup's. */
  | { readonly kind: 'take'; readonly kek: Uint8Array; readonly path: string }
  /** The box has another one. */
  | { readonly kind: 'rewrap'; readonly from: Uint8Array; readonly to: Uint8Array }
  /** They are given up, and imported again later. */
  | { readonly kind: 'drop' }

/** What has been done so far, in this order. */
export type RestoreStep = 'unpacked' | 'prepared' | 'kek written' | 'in place'

interface RestoreOptions {
  readonly backup: Backup
  /** The state directory: empty (`stateFilesIn`), and its lock is held. */
  readonly directory: string
  readonly keys: KeyPlan
  /** For the audit: who restores, and when (milliseconds since 1970 UTC). */
  readonly by: { readonly who: string; readonly at: number | null }
  readonly onStep?: (step: RestoreStep) => void
}

/** What a backup turned out to hold. */
export interface Found {
  readonly inspection: Inspection
  readonly opened: Opened
}

/** Here a restore works; one that was cut off leaves it, and the next one begins anew. */
const WORK = 'varmesky.restore'

/** What lies in a state directory besides the lock: where there is any, it is some box's state already. */
export const stateFilesIn = (directory: string): readonly string[] =>
  readdirSync(directory).filter((name) => name.startsWith('varmesky.') && !name.startsWith('varmesky.lock') && name !== WORK)

/**
 * Puts a backup into an empty state directory. The database comes last and by its name alone: whenever this ends, the
 * directory is as empty as before or has all of it. Rejects with an error that says what to try.
 */
export const restoreBackup = async ({ backup, directory, keys, by, onStep = () => {} }: RestoreOptions): Promise<Found> => {
  const work = join(directory, WORK)
  rmSync(work, { recursive: true, force: true })
  mkdirSync(work, { mode: 0o700 })
  try {
    await unpackDatabase(backup, work)
    onStep('unpacked')
    const found = lookInto(work, (db) => {
      const opened = KEYS[keys.kind](db, keys as never)
      auditAppender(db)({ ...by, what: 'restore', subject: null, facts: { backupOf: backup.manifest.madeAt, keys: keys.kind } })
      return opened
    })
    if (found.inspection.structure.length > 0) throw new Error(`The database in ${backup.file} is damaged: take an older backup`)
    onStep('prepared')
    if (keys.kind === 'take') writeKekFile(keys.path, keys.kek)
    onStep('kek written')
    putInPlace(work, directory)
    onStep('in place')
    return found
  } catch (error) {
    throw isFull(error)
      ? new Error(`${directory} has no room for the backup: it needs as much as ${backup.file} has`, { cause: error })
      : error
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

const isFull = (error: unknown): boolean => /^(?:ENOSPC|EDQUOT|SQLITE_FULL)/.test((error as { code?: string }).code ?? '')

/** Looks into a backup in a directory of its own; with the key-encryption key also whether every key opens. */
export const verifyBackup = async (backup: Backup, work: string, kek: Uint8Array | null): Promise<Found> => {
  await unpackDatabase(backup, work)
  return lookInto(work, (db) => (kek === null ? NO_KEYS : tryKeys(db, kek)))
}

const NO_KEYS: Opened = { keys: 0, unopened: [] }

const KEYS: { readonly [Kind in KeyPlan['kind']]: (db: Connection, plan: Extract<KeyPlan, { kind: Kind }>) => Opened } = {
  none: () => NO_KEYS,
  same: (db, { kek }) => tryKeys(db, kek),
  take: (db, { kek }) => tryKeys(db, kek),
  rewrap: (db, { from, to }) => rewrapKeys(db, from, to),
  drop(db) {
    dropKeys(db)
    return NO_KEYS
  },
}

/** Brings the database up to date, does something about its keys, and leaves one file without a WAL. */
const lookInto = (work: string, keys: (db: Connection) => Opened): Found => {
  const db = openDatabase(work)
  let opened: Opened
  try {
    opened = keys(db)
    db.pragma('journal_mode = DELETE')
  } finally {
    db.close()
  }
  return { opened, inspection: inspect(work) }
}

const putInPlace = (work: string, directory: string): void => {
  const made = databasePath(work)
  synced(openSync(made, 'r+'), () => {})
  secureFile(directory, made, 0o640)
  renameSync(made, databasePath(directory))
  syncDirectory(directory)
}
