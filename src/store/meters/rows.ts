import type { Database } from '../disk/database.ts'
import type { Meter, MeterEntry } from '../store.ts'
import { kekId, keyCheck, otherKek, sealKey, unsealKey } from './sealed-key.ts'

/** `next` is the key a meter is about to change to. */
type Slot = 'current' | 'next'

/** A row of the table; lists are JSON, null where they are empty. */
interface MeterRow extends Omit<Meter, 'aliases' | 'wired'> {
  readonly aliases: string | null
  readonly wired: string | null
}

const listText = (names: readonly string[]): string | null => (names.length === 0 ? null : JSON.stringify(names))
const listOf = (text: string | null): readonly string[] => (text === null ? NO_NAMES : JSON.parse(text))

const NO_NAMES: readonly string[] = []

/** What stands in the two tables. */
export const meterReader = (db: Database, kek: Uint8Array | null) => {
  const selectKekIds = db.prepare<[], string>(`SELECT DISTINCT kek_id FROM meter_keys WHERE slot = 'current'`).pluck()
  const selectMeters = db.prepare<[], MeterRow>(`
    SELECT meter, label, installation, aliases, wired, retired_at AS retiredAt, replaced_by AS replacedBy, plain,
      current.key_check AS keyCheck, next.key_check AS nextKeyCheck, added_at AS addedAt
    FROM meters LEFT JOIN (SELECT meter, key_check FROM meter_keys WHERE slot = 'current') AS current USING (meter)
      LEFT JOIN (SELECT meter, key_check FROM meter_keys WHERE slot = 'next') AS next USING (meter) ORDER BY meter`)
  const selectSealed = db.prepare<[string, Slot], Buffer>('SELECT sealed FROM meter_keys WHERE meter = ? AND slot = ?').pluck()
  return {
    checkKek(): void {
      const wrong = kek && selectKekIds.all().find((id) => id !== kekId(kek))
      if (!wrong) return
      throw new Error(otherKek(wrong, kekId(kek)))
    },
    meters(): Map<string, Meter> {
      const meters = new Map<string, Meter>()
      for (const row of selectMeters.iterate()) meters.set(row.meter, compact(row))
      return meters
    },
    keyOf(meter: string, slot: Slot): Uint8Array | null {
      const sealed = selectSealed.get(meter, slot)
      if (sealed === undefined) return null
      if (kek === null) throw new Error(`${meter} has a key, and there is no key-encryption key to open it with`)
      return unsealKey(kek, meter, sealed)
    },
  }
}

/** A row as SQLite gives it is a hash table of its own, six times as large as an object of a known shape. */
const compact = (row: MeterRow): Meter => {
  const { meter, label, installation, aliases, wired, retiredAt, replacedBy, plain, keyCheck, nextKeyCheck, addedAt } = row
  return {
    meter,
    label,
    installation,
    aliases: listOf(aliases),
    wired: listOf(wired),
    retiredAt,
    replacedBy,
    plain,
    keyCheck,
    nextKeyCheck,
    addedAt,
  }
}

/** What changes them. */
export const meterWriter = (db: Database, kek: Uint8Array | null) => {
  const putMeter = db.prepare<[MeterRow]>(`
    INSERT INTO meters (meter, label, installation, aliases, wired, retired_at, replaced_by, plain, added_at)
    VALUES (@meter, @label, @installation, @aliases, @wired, @retiredAt, @replacedBy, @plain, @addedAt)
    ON CONFLICT DO UPDATE SET label = excluded.label, installation = excluded.installation, aliases = excluded.aliases,
      wired = excluded.wired, retired_at = excluded.retired_at, replaced_by = excluded.replaced_by, plain = excluded.plain`)
  const putKey = db.prepare(`
    INSERT INTO meter_keys (meter, slot, kek_id, sealed, key_check) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET kek_id = excluded.kek_id, sealed = excluded.sealed, key_check = excluded.key_check`)
  const removeKeys = db.prepare('DELETE FROM meter_keys WHERE meter = ?')
  const removeKey = db.prepare<[string, Slot]>('DELETE FROM meter_keys WHERE meter = ? AND slot = ?')
  const moveUp = db.prepare(`UPDATE meter_keys SET slot = 'current' WHERE meter = ? AND slot = 'next'`)
  const removeMeter = db.prepare('DELETE FROM meters WHERE meter = ?')
  const seal = (meter: string, slot: Slot, key: Uint8Array): void => {
    if (kek === null) throw new Error(`${meter} has a key, and there is no key-encryption key to seal it with`)
    putKey.run(meter, slot, kekId(kek), sealKey(kek, meter, key), keyCheck(key))
  }
  return {
    put(meter: Meter, { key, nextKey }: Pick<MeterEntry, 'key' | 'nextKey'>): void {
      putMeter.run({ ...meter, aliases: listText(meter.aliases), wired: listText(meter.wired) })
      if (key === null) removeKeys.run(meter.meter)
      if (key) seal(meter.meter, 'current', key)
      if (nextKey === null) removeKey.run(meter.meter, 'next')
      if (nextKey) seal(meter.meter, 'next', nextKey)
    },
    promote(meter: string): void {
      removeKey.run(meter, 'current')
      moveUp.run(meter)
    },
    remove: (meter: string): boolean => removeMeter.run(meter).changes > 0,
  }
}
