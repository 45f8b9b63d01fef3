import type { Connection } from '../disk/database.ts'
import { kekId, unsealKey } from '../meters/sealed-key.ts'
import { readMetersCopy, restoreMeters } from './meters-copy.ts'

interface KeyRow {
  readonly meter: string
  readonly slot: string
  readonly kek_id: string
  readonly sealed: Uint8Array
}

/**
 * Flipped bits leave a file whole to SQLite. The keys tell of them: each is sealed for its meter. What a key opens with is said
 * anew where that is wrong; one that does not open, or is no meter's, makes the second copy right, if all of its own open: meters
 * and keys are then as they were written last. Returns how many meters; 0 where nothing is to be mended, or cannot be.
 */
export const mendMeters = (directory: string, db: Connection, kek: Uint8Array): number => {
  const rows = db
    .prepare<[], KeyRow & { known: number }>(
      'SELECT meter, slot, kek_id, sealed, meter IN (SELECT meter FROM meters) AS known FROM meter_keys ORDER BY meter, slot',
    )
    .all()
  const seals = rows.map((row): Seal => (row.known === 1 ? sealOf(row, kek) : 'damaged'))
  if (seals.includes('foreign')) return 0
  const id = kekId(kek)
  const misnamed = rows.filter((row, n) => seals[n] === 'right' && row.kek_id !== id)
  if (misnamed.length > 0) restate(db, misnamed, id)
  if (!seals.includes('damaged')) return misnamed.length
  const copy = readMetersCopy(directory)
  if (copy === null || !(copy.keys as unknown as readonly KeyRow[]).every((row) => sealOf(row, kek) === 'right')) return misnamed.length
  // What points to what is what may be damaged: both tables are put back whole, and nothing in between is asked of either.
  db.pragma('foreign_keys = OFF')
  try {
    return db
      .transaction(() => {
        db.exec('DELETE FROM meter_keys; DELETE FROM meters')
        return restoreMeters(db, copy)
      })
      .immediate()
  } finally {
    db.pragma('foreign_keys = ON')
  }
}

const restate = (db: Connection, rows: readonly KeyRow[], id: string): void => {
  const put = db.prepare('UPDATE meter_keys SET kek_id = ? WHERE meter = ? AND slot = ?')
  db.transaction(() => {
    for (const { meter, slot } of rows) put.run(id, meter, slot)
  }).immediate()
}

/** `foreign`: of another key-encryption key, which is not for us to judge. */
type Seal = 'right' | 'damaged' | 'foreign'

const sealOf = ({ meter, kek_id, sealed }: KeyRow, kek: Uint8Array): Seal => {
  try {
    unsealKey(kek, meter, sealed)
    return 'right'
  } catch {
    return kek_id === kekId(kek) ? 'damaged' : 'foreign'
  }
}
