import { closeSync, existsSync, mkdtempSync, openSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { openReadOnlyDatabase } from '../disk/database.ts'
import { type Inspection, inspect } from '../disk/inspect.ts'
import { MIGRATIONS } from '../disk/migrations.ts'
import { syncDirectory, synced } from '../disk/state-directory.ts'
import { kekIdOf } from '../meters/kek-id.ts'
import { kekId, otherKek } from '../meters/sealed-key.ts'
import { type Cost, type Escrow, sealKek } from './escrow.ts'
import { type Backup, type Manifest, PARTS, packBackup, readBackup } from './file.ts'

export interface BackupOptions {
  /** The state directory. */
  readonly directory: string
  /** The new file; one that exists is never overwritten. */
  readonly file: string
  readonly gateway: string
  readonly program: string
  readonly utcMs: number | null
  /** The configuration file's text. */
  readonly config: string
  /** The key-encryption key goes in under this passphrase, at the usual cost of a guess if none is named; null: it does not go in. */
  readonly escrow: { readonly kek: Uint8Array; readonly passphrase: string; readonly cost?: Cost } | null
}

/**
 * Writes a backup, beside a running daemon or without one, and reads it again from end to end. Needs twice the database's room
 * beside the new file while it works. Rejects with an error that says what to try, and then leaves no file.
 */
export const makeBackup = async (options: BackupOptions): Promise<Backup> => {
  const { file, directory } = options
  refuseExisting(file)
  const work = workDirectory(file)
  try {
    snapshot(directory, work)
    const found = inspect(work)
    if (found.structure.length > 0) throw new Error(DAMAGED)
    const escrow = options.escrow && (await sealKek(options.escrow.kek, options.escrow.passphrase, options.escrow.cost))
    await packBackup(work, 'backup', manifestOf(options, found, keysSealedWith(work, escrow)), options.config, escrow)
    const backup = await readBackup(join(work, 'backup'))
    publish(backup.file, file)
    return { ...backup, file }
  } catch (error) {
    throw withAdvice(file, error)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

const manifestOf = ({ gateway, program, utcMs }: BackupOptions, { meters, keys, messages }: Inspection, kek: string | null): Manifest => ({
  gateway,
  program,
  madeAt: utcMs === null ? null : new Date(utcMs).toISOString(),
  schema: MIGRATIONS.length,
  kek,
  meters,
  keys,
  messages,
})

const refuseExisting = (file: string): void => {
  if (existsSync(file)) throw new Error(`${file} is there already, and is not overwritten: give another name, or delete it`)
}

/** Beside the new file: there is the room, and from there it can be renamed. Its owner's alone. */
const workDirectory = (file: string): string => {
  try {
    return mkdtempSync(join(dirname(file), `.${basename(file)}.part-`))
  } catch (error) {
    throw withAdvice(file, error)
  }
}

/** All of the database at one moment, in a file without a WAL. The daemon goes on writing meanwhile. */
const snapshot = (directory: string, work: string): void => {
  const db = openReadOnlyDatabase(directory)
  try {
    db.prepare('VACUUM INTO ?').run(join(work, PARTS.database))
  } finally {
    db.close()
  }
}

/** Throws where keys were sealed with another key-encryption key than the one that goes along. */
const keysSealedWith = (work: string, escrow: Escrow | null): string | null => {
  const kek = kekIdOf(work)
  if (kek !== null && escrow !== null && escrow.kek !== kek) throw new Error(otherKek(kek, escrow.kek))
  return kek
}

/** Throws as `makeBackup` would later: before anybody is asked for a passphrase. */
export const refuseOtherKek = (directory: string, kek: Uint8Array): void => {
  const sealed = kekIdOf(directory)
  if (sealed !== null && sealed !== kekId(kek)) throw new Error(otherKek(sealed, kekId(kek)))
}

/** The name is taken first, in a way that cannot take another file's; what then gets it is on the disk already. */
const publish = (made: string, file: string): void => {
  synced(openSync(made, 'r+'), () => {})
  closeSync(openSync(file, 'wx', 0o600))
  renameSync(made, file)
  syncDirectory(dirname(file))
}

const DAMAGED = 'The database is damaged, and no backup was made: "varmesky db check" says more'

/** By the error's code, or the beginning of it. */
const ADVICE: readonly (readonly [code: string, advice: string])[] = [
  ['ENOENT', 'make its directory first'],
  ['ENOTDIR', 'a part of its path is a file'],
  ['EACCES', 'this user may not: use sudo, or another place'],
  ['EPERM', 'this user may not: use sudo, or another place'],
  ['EROFS', 'it is read-only there'],
  ['EEXIST', 'there is one already: give another name, or delete it'],
  ['ENOSPC', 'the disk is full: it needs twice the room of the database'],
  ['SQLITE_FULL', 'the disk is full: it needs twice the room of the database'],
  ['SQLITE_CANTOPEN', 'this user may not write there'],
  ['SQLITE_IOERR', 'the disk reports errors: look into the system log'],
]

const withAdvice = (file: string, error: unknown): unknown => {
  const { code, message } = error as { code?: string; message: string }
  if (code?.startsWith('SQLITE_CORRUPT')) return new Error(DAMAGED, { cause: error })
  // The state's own errors say what to try, and keep their code.
  if (message.startsWith('Cannot open the state')) return error
  const advice = ADVICE.find(([prefix]) => code?.startsWith(prefix))?.[1]
  return advice === undefined ? error : new Error(`Cannot write the backup ${file}: ${advice}`, { cause: error })
}
