import type { Clock } from '../clock.ts'
import { aliasProblem } from './aliases.ts'
import type { Database } from './database.ts'
import { createListeners } from './listeners.ts'
import { kekId, keyCheck, sealKey, unsealKey } from './sealed-key.ts'
import type { Meter, MeterEntry, Meters } from './store.ts'

interface Reloading {
  /** Reads the meters anew, of another file, and tells those that differ. */
  reload(): void
}

/**
 * The meters, read once and from then on kept current in RAM. Their keys stay sealed on disk until they are asked for: each
 * is needed once in a run, by whoever keeps its schedule. Throws if keys are sealed with another key-encryption key.
 */
export const createMeters = (db: Database, kek: Uint8Array | null, clock: Clock): Meters & Reloading => {
  const reader = createReader(db, kek)
  const writer = createWriter(db, kek)
  reader.checkKek()
  const meters = reader.meters()
  const changed = createListeners<string>()

  const write = db.transaction((entries: readonly MeterEntry[]) => {
    const written = new Map<string, Meter>()
    for (const entry of entries) {
      checkKey(entry)
      const meter = updated(entry, written.get(entry.meter) ?? meters.get(entry.meter), clock)
      writer.put(meter, entry.key)
      written.set(entry.meter, meter)
    }
    return written
  })

  return {
    list: () => [...meters.values()],
    get: (meter) => meters.get(meter),
    keyOf: reader.keyOf,
    put(entries) {
      const problem = aliasProblem([...meters.values()], entries)
      if (problem !== undefined) throw new Error(problem)
      const written = write(entries)
      for (const [name, meter] of written) meters.set(name, meter)
      for (const meter of written.keys()) changed.tell(meter)
    },
    remove(meter) {
      if (!writer.remove(meter)) return false
      meters.delete(meter)
      changed.tell(meter)
      return true
    },
    onChange: changed.add,
    reload() {
      const before = new Map(meters)
      const after = reader.meters()
      meters.clear()
      for (const [name, meter] of after) meters.set(name, meter)
      for (const name of new Set([...before.keys(), ...meters.keys()]))
        if (JSON.stringify(before.get(name)) !== JSON.stringify(meters.get(name))) changed.tell(name)
    },
  }
}

/** The meter with the entry applied: what an entry leaves undefined stays. */
const updated = (entry: MeterEntry, before: Meter | undefined, clock: Clock): Meter => ({
  meter: entry.meter,
  label: entry.label === undefined ? (before?.label ?? null) : entry.label,
  installation: entry.installation === undefined ? (before?.installation ?? null) : entry.installation,
  aliases: entry.aliases ?? before?.aliases ?? NO_NAMES,
  wired: entry.wired ?? before?.wired ?? NO_NAMES,
  retiredAt: retiredAt(entry, before, clock),
  replacedBy: entry.replacedBy === undefined ? (before?.replacedBy ?? null) : entry.replacedBy,
  plain: entry.plain === undefined ? (before?.plain ?? null) : entry.plain,
  keyCheck: entry.key === undefined ? (before?.keyCheck ?? null) : entry.key && keyCheck(entry.key),
  addedAt: before === undefined ? timestamp(clock) : before.addedAt,
})

const NO_NAMES: readonly string[] = []
/** Where the time is not known: long ago, so that no day expects the meter. */
const LONG_AGO = '1970-01-01T00:00:00.000Z'

const retiredAt = ({ retiredAt }: MeterEntry, before: Meter | undefined, clock: Clock): string | null => {
  if (retiredAt === 'now') return before?.retiredAt ?? timestamp(clock) ?? LONG_AGO
  return retiredAt === undefined ? (before?.retiredAt ?? null) : retiredAt
}

/** A row of the table; lists are JSON, null where they are empty. */
interface MeterRow extends Omit<Meter, 'aliases' | 'wired'> {
  readonly aliases: string | null
  readonly wired: string | null
}

const listText = (names: readonly string[]): string | null => (names.length === 0 ? null : JSON.stringify(names))
const listOf = (text: string | null): readonly string[] => (text === null ? NO_NAMES : JSON.parse(text))

/** What stands in the two tables. */
const createReader = (db: Database, kek: Uint8Array | null) => {
  const selectKekIds = db.prepare<[], string>(`SELECT DISTINCT kek_id FROM meter_keys WHERE slot = 'current'`).pluck()
  const selectMeters = db.prepare<[], MeterRow>(`
    SELECT meter, label, installation, aliases, wired, retired_at AS retiredAt, replaced_by AS replacedBy, plain,
      key_check AS keyCheck, added_at AS addedAt
    FROM meters LEFT JOIN (SELECT meter, key_check FROM meter_keys WHERE slot = 'current') USING (meter) ORDER BY meter`)
  const selectSealed = db.prepare<[string], Buffer>(`SELECT sealed FROM meter_keys WHERE meter = ? AND slot = 'current'`).pluck()
  return {
    checkKek(): void {
      const wrong = kek && selectKekIds.all().find((id) => id !== kekId(kek))
      if (!wrong) return
      throw new Error(`The meter keys are sealed with key-encryption key ${wrong}, and this one is ${kekId(kek)}: put the right one back`)
    },
    meters(): Map<string, Meter> {
      const meters = new Map<string, Meter>()
      for (const row of selectMeters.iterate()) meters.set(row.meter, compact(row))
      return meters
    },
    keyOf(meter: string): Uint8Array | null {
      const sealed = selectSealed.get(meter)
      if (sealed === undefined) return null
      if (kek === null) throw new Error(`${meter} has a key, and there is no key-encryption key to open it with`)
      return unsealKey(kek, meter, sealed)
    },
  }
}

/** A row as SQLite gives it is a hash table of its own, six times as large as an object of a known shape. */
const compact = ({ meter, label, installation, aliases, wired, retiredAt, replacedBy, plain, keyCheck, addedAt }: MeterRow): Meter => ({
  meter,
  label,
  installation,
  aliases: listOf(aliases),
  wired: listOf(wired),
  retiredAt,
  replacedBy,
  plain,
  keyCheck,
  addedAt,
})

/** What changes them. */
const createWriter = (db: Database, kek: Uint8Array | null) => {
  const putMeter = db.prepare<[MeterRow]>(`
    INSERT INTO meters (meter, label, installation, aliases, wired, retired_at, replaced_by, plain, added_at)
    VALUES (@meter, @label, @installation, @aliases, @wired, @retiredAt, @replacedBy, @plain, @addedAt)
    ON CONFLICT DO UPDATE SET label = excluded.label, installation = excluded.installation, aliases = excluded.aliases,
      wired = excluded.wired, retired_at = excluded.retired_at, replaced_by = excluded.replaced_by, plain = excluded.plain`)
  const putKey = db.prepare(`
    INSERT INTO meter_keys (meter, slot, kek_id, sealed, key_check) VALUES (?, 'current', ?, ?, ?)
    ON CONFLICT DO UPDATE SET kek_id = excluded.kek_id, sealed = excluded.sealed, key_check = excluded.key_check`)
  const removeKeys = db.prepare('DELETE FROM meter_keys WHERE meter = ?')
  const removeMeter = db.prepare('DELETE FROM meters WHERE meter = ?')
  return {
    put(meter: Meter, key: Uint8Array | null | undefined): void {
      putMeter.run({ ...meter, aliases: listText(meter.aliases), wired: listText(meter.wired) })
      if (key === null) removeKeys.run(meter.meter)
      if (!key) return
      if (kek === null) throw new Error(`${meter.meter} has a key, and there is no key-encryption key to seal it with`)
      putKey.run(meter.meter, kekId(kek), sealKey(kek, meter.meter, key), meter.keyCheck)
    },
    remove: (meter: string): boolean => removeMeter.run(meter).changes > 0,
  }
}

const checkKey = ({ meter, key }: MeterEntry): void => {
  if (key && key.length !== 16) throw new Error(`The key of ${meter} must be 16 bytes (AES-128), not ${key.length}`)
}

const timestamp = (clock: Clock): string | null => {
  const utcMs = clock.utcMs()
  return utcMs === null ? null : new Date(utcMs).toISOString()
}
