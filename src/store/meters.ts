import type { Clock } from '../clock.ts'
import type { Database } from './database.ts'
import { createListeners } from './listeners.ts'
import { kekId, keyCheck, sealKey, unsealKey } from './sealed-key.ts'
import type { Meter, MeterEntry, Meters } from './store.ts'

/**
 * The meters and their keys, read once and from then on kept current in RAM. Throws if keys are sealed with another
 * key-encryption key. A single key that does not open throws only when it is asked for: it must not stop all other meters.
 */
export const createMeters = (db: Database, kek: Uint8Array | null, clock: Clock): Meters => {
  const rows = createRows(db, kek)
  const meters = rows.meters()
  const keys = rows.keys()
  const changed = createListeners<string>()

  const write = db.transaction((entries: readonly MeterEntry[]) => {
    const written = new Map<string, Meter>()
    for (const entry of entries) {
      checkKey(entry)
      const meter = updated(entry, written.get(entry.meter) ?? meters.get(entry.meter), clock)
      rows.write(meter, entry.key)
      written.set(entry.meter, meter)
    }
    return written
  })

  return {
    list: () => [...meters.values()],
    get: (meter) => meters.get(meter),
    keyOf(meter) {
      const key = keys.get(meter)
      if (key instanceof Error) throw key
      return key ?? null
    },
    put(entries) {
      const written = write(entries)
      for (const [name, meter] of written) meters.set(name, meter)
      for (const { meter, key } of entries) {
        if (key === null) keys.delete(meter)
        else if (key !== undefined) keys.set(meter, Uint8Array.from(key))
      }
      for (const meter of written.keys()) changed.tell(meter)
    },
    remove(meter) {
      if (!rows.remove(meter)) return false
      meters.delete(meter)
      keys.delete(meter)
      changed.tell(meter)
      return true
    },
    onChange: changed.add,
  }
}

/** The meter with the entry applied: what an entry leaves undefined stays. */
const updated = (entry: MeterEntry, before: Meter | undefined, clock: Clock): Meter => ({
  meter: entry.meter,
  label: entry.label === undefined ? (before?.label ?? null) : entry.label,
  installation: entry.installation === undefined ? (before?.installation ?? null) : entry.installation,
  plain: entry.plain === undefined ? (before?.plain ?? null) : entry.plain,
  keyCheck: entry.key === undefined ? (before?.keyCheck ?? null) : entry.key && keyCheck(entry.key),
  addedAt: before === undefined ? timestamp(clock) : before.addedAt,
})

interface KeyRow {
  readonly meter: string
  readonly kekId: string
  readonly sealed: Buffer
}

/** The two tables. */
const createRows = (db: Database, kek: Uint8Array | null) => {
  const selectMeters = db.prepare<[], Meter>(`
    SELECT meter, label, installation, plain, key_check AS keyCheck, added_at AS addedAt
    FROM meters LEFT JOIN (SELECT meter, key_check FROM meter_keys WHERE slot = 'current') USING (meter) ORDER BY meter`)
  const selectKeys = db.prepare<[], KeyRow>(`SELECT meter, kek_id AS kekId, sealed FROM meter_keys WHERE slot = 'current'`)
  const putMeter = db.prepare<[Meter]>(`
    INSERT INTO meters (meter, label, installation, plain, added_at) VALUES (@meter, @label, @installation, @plain, @addedAt)
    ON CONFLICT DO UPDATE SET label = excluded.label, installation = excluded.installation, plain = excluded.plain`)
  const putKey = db.prepare(`
    INSERT INTO meter_keys (meter, slot, kek_id, sealed, key_check) VALUES (?, 'current', ?, ?, ?)
    ON CONFLICT DO UPDATE SET kek_id = excluded.kek_id, sealed = excluded.sealed, key_check = excluded.key_check`)
  const removeKeys = db.prepare('DELETE FROM meter_keys WHERE meter = ?')
  const removeMeter = db.prepare('DELETE FROM meters WHERE meter = ?')
  return {
    meters: () => new Map(selectMeters.all().map((meter) => [meter.meter, meter])),
    keys: () => new Map(selectKeys.all().map((row) => [row.meter, keyOrError(row, kek)])),
    write(meter: Meter, key: Uint8Array | null | undefined): void {
      putMeter.run(meter)
      if (key === null) removeKeys.run(meter.meter)
      if (!key) return
      if (kek === null) throw new Error(`${meter.meter} has a key, and there is no key-encryption key to seal it with`)
      putKey.run(meter.meter, kekId(kek), sealKey(kek, meter.meter, key), meter.keyCheck)
    },
    remove: (meter: string): boolean => removeMeter.run(meter).changes > 0,
  }
}

const keyOrError = ({ meter, kekId: sealedWith, sealed }: KeyRow, kek: Uint8Array | null): Uint8Array | Error => {
  if (kek === null) return new Error(`${meter} has a key, and there is no key-encryption key to open it with`)
  if (sealedWith !== kekId(kek)) {
    throw new Error(
      `The meter keys are sealed with key-encryption key ${sealedWith}, and this one is ${kekId(kek)}: put the right one back`,
    )
  }
  try {
    return unsealKey(kek, meter, sealed)
  } catch (error) {
    return error as Error
  }
}

const checkKey = ({ meter, key }: MeterEntry): void => {
  if (key && key.length !== 16) throw new Error(`The key of ${meter} must be 16 bytes (AES-128), not ${key.length}`)
}

const timestamp = (clock: Clock): string | null => {
  const utcMs = clock.utcMs()
  return utcMs === null ? null : new Date(utcMs).toISOString()
}
