import { type Connection, openReadOnlyDatabase } from '../disk/database.ts'

/** Which key-encryption key the meter keys are sealed with; null where there are none. 'current' comes before 'next'. */
export const kekIdIn = (db: Connection): string | null =>
  db.prepare<[], string>('SELECT kek_id FROM meter_keys ORDER BY slot, meter LIMIT 1').pluck().get() ?? null

/** Which key-encryption key seals the meter keys of a state directory; null where there are none. Works beside a daemon. */
export const kekIdOf = (directory: string): string | null => {
  const db = openReadOnlyDatabase(directory)
  try {
    return kekIdIn(db)
  } finally {
    db.close()
  }
}

/** The same, or null where it cannot be told. */
export const kekIdIfAny = (directory: string): string | null => {
  try {
    return kekIdOf(directory)
  } catch {
    return null
  }
}
