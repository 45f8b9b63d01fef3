import type { Connection } from '../disk/database.ts'
import { kekId, keyCheck, sealKey, unsealKey } from '../meters/sealed-key.ts'

interface SealedRow {
  readonly meter: string
  readonly slot: string
  readonly sealed: Buffer
  readonly check: string
}

/** What became of the sealed keys. */
export interface Opened {
  readonly keys: number
  /** Meters with a key that does not open: it was damaged long before, and has to be imported again. */
  readonly unopened: readonly string[]
}

/** Opens every key of both slots and holds it against its check value; changes nothing. */
export const tryKeys = (db: Connection, kek: Uint8Array): Opened => {
  const rows = rowsOf(db)
  return { keys: rows.length, unopened: rows.filter((row) => opened(row, kek) === null).map(({ meter }) => meter) }
}

/**
 * Seals every key of both slots with another key-encryption key, in one transaction. One that does not open stays as it is,
 * under the new name: the daemon starts, says so, and goes on taking the meter for one that has a key.
 */
export const rewrapKeys = (db: Connection, from: Uint8Array, to: Uint8Array): Opened => {
  const update = db.prepare('UPDATE meter_keys SET kek_id = ?, sealed = ? WHERE meter = ? AND slot = ?')
  return db
    .transaction((): Opened => {
      const rows = rowsOf(db)
      const unopened: string[] = []
      for (const row of rows) {
        const key = opened(row, from)
        if (key === null) unopened.push(row.meter)
        update.run(kekId(to), key === null ? row.sealed : sealKey(to, row.meter, key), row.meter, row.slot)
      }
      return { keys: rows.length, unopened }
    })
    .immediate()
}

export const dropKeys = (db: Connection): void => void db.prepare('DELETE FROM meter_keys').run()

const rowsOf = (db: Connection): readonly SealedRow[] =>
  db.prepare<[], SealedRow>('SELECT meter, slot, sealed, key_check AS "check" FROM meter_keys ORDER BY meter, slot').all()

const opened = ({ meter, sealed, check }: SealedRow, kek: Uint8Array): Uint8Array | null => {
  try {
    const key = unsealKey(kek, meter, sealed)
    return keyCheck(key) === check ? key : null
  } catch {
    return null
  }
}
