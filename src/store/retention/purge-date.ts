import type { Database } from '../disk/database.ts'

/** The kind in `memory` that tells what retention must know after a restart. */
const RETENTION = 'retention'

/** What billing may still ask about stays at least so long, whatever is configured and however full the disk is. */
export const LEAST_MS = 14 * 86_400_000

/** So many times as fast as the world may the date go that ages are counted to. */
const FASTEST = 2

/**
 * The date that ages are counted to, instead of the clock: it begins with what was stored first, and every day the daemon runs
 * it advances by two days at most, up to the clock. A clock that is months ahead deletes nothing by that, and a box that was
 * switched off for long catches up within as long a time. Milliseconds since 1970 UTC.
 */
export const advanced = (before: number, ranMs: number, utcMs: number): number => Math.min(utcMs, before + Math.max(0, ranMs) * FASTEST)

export const createPurgeDate = (db: Database) => {
  const select = db.prepare<[key: string], string>(`SELECT value FROM memory WHERE kind = '${RETENTION}' AND key = ?`).pluck()
  const put = db.prepare<[key: string, value: string]>(`
    INSERT INTO memory (kind, key, value) VALUES ('${RETENTION}', ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value`)
  const oldest = db.prepare<[], number | null>('SELECT stored_at FROM outbox WHERE stored_at IS NOT NULL ORDER BY seq LIMIT 1').pluck()
  const numberAt = (key: string): number | null => {
    const value = Number(select.get(key) ?? Number.NaN)
    return Number.isSafeInteger(value) ? value : null
  }
  return {
    numberAt,
    put: (key: string, value: number): void => void put.run(key, String(Math.floor(value))),
    /** Null before anything was stored. */
    date: (): number | null => numberAt('date') ?? oldest.get() ?? null,
  }
}
