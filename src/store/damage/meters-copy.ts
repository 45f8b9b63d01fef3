import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Connection } from '../disk/database.ts'
import { writeWhole } from '../disk/state-directory.ts'
import { type Row, rowFrom, rowInserter, rowText } from './rows.ts'

/**
 * A second copy of what nobody can hear on the air again: the meters, their keys (sealed, as in the database), and a number
 * above every `seq` the outbox has given. A file of two lines: SHA-256 of the second, and the content as JSON.
 */
interface MetersCopy {
  readonly meters: readonly Row[]
  readonly keys: readonly Row[]
  readonly seqBelow: number
}

/** So many messages may come before the copy has to be written again. */
const SEQ_AHEAD = 100_000

const pathIn = (directory: string): string => join(directory, 'varmesky.meters.bak')

/** The copy as it was written last; null where there is none, or it is damaged. */
export const readMetersCopy = (directory: string): MetersCopy | null => copyIn(textOf(directory))

const copyIn = (text: string | null): MetersCopy | null => {
  const [sum, content] = text?.split('\n') ?? []
  if (content === undefined || sha256(content) !== sum) return null
  const { meters, keys, seqBelow } = JSON.parse(content)
  return { meters: meters.map(rowFrom), keys: keys.map(rowFrom), seqBelow }
}

/**
 * Writes the copy if it does not say what the database says. Returns the number at which it is to be written again; throws
 * where the disk refuses.
 */
export const keepMetersCopy = (directory: string, db: Connection): number => {
  const written = textOf(directory)
  const before = copyIn(written)
  const last = lastGiven(db)
  const enough = before !== null && before.seqBelow - last > SEQ_AHEAD / 2 && before.seqBelow - last <= SEQ_AHEAD
  const seqBelow = enough ? before.seqBelow : last + SEQ_AHEAD
  const content = rowText({
    meters: db.prepare('SELECT * FROM meters ORDER BY meter').all(),
    keys: db.prepare('SELECT * FROM meter_keys ORDER BY meter, slot').all(),
    seqBelow,
  })
  const text = `${sha256(content)}\n${content}\n`
  if (text !== written) writeWhole(pathIn(directory), text)
  return seqBelow - SEQ_AHEAD / 2
}

/** Puts the meters back into a database that has none. Returns how many. */
export const restoreMeters = (db: Connection, { meters, keys }: Pick<MetersCopy, 'meters' | 'keys'>): number => {
  const restored = meters.filter(rowInserter(db, 'meters')).length
  keys.forEach(rowInserter(db, 'meter_keys'))
  return restored
}

/** The last number a table gave, or was set to be above. */
export const lastGiven = (db: Connection, table = 'outbox'): number =>
  (db.prepare('SELECT seq FROM sqlite_sequence WHERE name = ?').pluck().get(table) as number | undefined) ?? 0

const textOf = (directory: string): string | null => {
  try {
    return readFileSync(pathIn(directory), 'utf8')
  } catch {
    return null
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
